import Gateway
import Testing

/// Files and folders of the gateway's own: each is for one thing.
@Suite struct ConfigurationPlacesTests {
    /// What is added to the six required lines, where the later of two keys stands, its path, and the
    /// two keys.
    @Test(
        arguments: [
            // The state, and what lies beside it.
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\nseal_key = \"/srv/s.db\"",
                "9:1", "/srv/s.db", "state.url", "state.seal_key"
            ),
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\nseal_key = \"/srv/./x/..//s.db.mark\"",
                "9:1", "/srv/./x/..//s.db.mark", "state.url", "state.seal_key"
            ),
            (
                "[state]\nseal_key = \"/srv/s.db-wal\"\nurl = \"sqlite:/srv/s.db\"",
                "9:1", "/srv/s.db-wal", "state.seal_key", "state.url"
            ),
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\n[signature]\nkeys = \"/srv/s.db.lock\"",
                "10:1", "/srv/s.db.lock", "state.url", "signature.keys"
            ),
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\n[journal]\ndir = \"/srv/s.db.journal\"",
                "10:1", "/srv/s.db.journal", "state.url", "journal.dir"
            ),
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\n[journal]\ndir = \"/srv/lists/\"",
                "10:1", "/srv/lists/", "state.url", "journal.dir"
            ),
            // Keys, also those that lie where they usually do.
            (
                "[egress]\nca = \"/srv/seal.pem\"\n[state]\nseal_key = \"/srv/seal.key\"",
                "10:1", "/srv/seal.key", "egress.ca", "state.seal_key"
            ),
            (
                "[state]\nseal_key = \"/etc/ssl/cloud.key\"",
                "8:1", "/etc/ssl/cloud.key", "tls.key", "state.seal_key"
            ),
            (
                "[journal]\ndir = \"/var/lib/ocmgate/keys\"",
                "8:1", "/var/lib/ocmgate/keys", "signature.keys", "journal.dir"
            ),
            // What is only read, where it would be written over or taken for a key.
            (
                "[state]\nseal_key = \"/etc/ssl/cloud.pem\"",
                "8:1", "/etc/ssl/cloud.pem", "tls.cert", "state.seal_key"
            ),
            (
                "[egress]\nca = \"policy.toml\"",
                "8:1", "policy.toml", "policy.file", "egress.ca"
            ),
            (
                "[state]\nurl = \"sqlite:config.toml\"",
                "8:1", "config.toml", "the configuration", "state.url"
            ),
            (
                "[state]\nurl = \"sqlite:/srv/s.db\"\n[outbound]\nca_file = \"/srv/s.db\"",
                "10:1", "/srv/s.db", "state.url", "outbound.ca_file"
            ),
        ] as [(String, String, String, String, String)])
    func onePlaceForTwoThingsIsRefused(
        _ tables: String, _ place: String, _ path: String, _ earlier: String, _ later: String
    ) {
        #expect(
            ConfigurationSample.findings(ConfigurationSample.required + tables + "\n") == [
                "config.toml:\(place): \"\(path)\" is for \(earlier) already; "
                    + "give \(later) a place of its own"
            ])
    }

    /// Every start reads each `.pem` there as a key of the gateway.
    @Test(
        arguments: [
            (
                "[egress]\nca = \"/var/lib/ocmgate/keys/egress.pem\"",
                "8:1", "/var/lib/ocmgate/keys/egress.pem", "egress.ca"
            ),
            (
                "[egress]\n[signature]\nkeys = \"/var/lib/ocmgate/\"",
                "9:1", "/var/lib/ocmgate/egress-ca.pem", "egress.ca"
            ),
            (
                "[signature]\nkeys = \"/srv\"\n[state]\nseal_key = \"/srv/seal.pem\"",
                "10:1", "/srv/seal.pem", "state.seal_key"
            ),
            (
                "[signature]\nkeys = \"/srv\"\n[tls.\"cloud.test\"]\nkey = \"/srv/tls.pem\"",
                "10:1", "/srv/tls.pem", "tls.key"
            ),
            (
                "[signature]\nkeys = \"/srv\"\n[tls.\"cloud.test\"]\ncert = \"/srv/tls.pem\"",
                "10:1", "/srv/tls.pem", "tls.cert"
            ),
        ] as [(String, String, String, String)])
    func nothingElseLiesAmongTheKeys(
        _ tables: String, _ place: String, _ path: String, _ key: String
    ) {
        #expect(
            ConfigurationSample.findings(ConfigurationSample.required + tables + "\n") == [
                "config.toml:\(place): \"\(path)\" lies in signature.keys, "
                    + "where every .pem is a key; give \(key) another folder"
            ])
    }

    @Test func whatIsOnlyReadMayBeOneFile() throws {
        _ = try ConfigurationSample.read(
            ConfigurationSample.required + """
                candidate = "policy.toml"
                [[listen]]
                tls = "cloud.test"
                [tls."cloud.test"]
                cert = "/srv/tls.pem"
                key = "/srv/tls.pem"
                [tls."old.test"]
                cert = "/srv/tls.pem"
                key = "/srv/tls.pem"
                [signature]
                keys = "/srv/keys"
                [egress]
                ca = "/srv/keys/.egress.pem"
                [state]
                url = "sqlite:/srv/keys/state.db"
                seal_key = "env:SEAL"
                [journal]
                dir = ""

                """)
    }
}
