import Federation
import Gateway
import OpenSSL
import Testing
import Transport

@Suite struct ConfigurationReaderTests {
    /// What is added to the six required lines, and what the operator is told.
    @Test(arguments: [
        // Keys that nobody knows.
        ("[log]\nlevle = \"info\"", #"8:1: unknown key "levle" in [log]; did you mean "level"?"#),
        ("[limit]", #"7:2: unknown key "limit"; did you mean "limits"?"#),
        ("[zzz]", #"7:2: unknown key "zzz""#),
        (
            "[outbound]\ntimeouts = { conect = \"3s\" }",
            #"8:14: unknown key "conect" in [outbound.timeouts]; did you mean "connect"?"#
        ),
        ("[log]\ncolour = true", #"8:1: unknown key "colour" in [log]; known here: level, format"#),
        // Types and ranges.
        (
            "[log]\nlevel = 3",
            "8:9: expected one of debug, info, notice, warning, error, found an integer"
        ),
        ("[log]\nlevel = \"inof\"", #"8:9: unknown level "inof"; did you mean "info"?"#),
        ("[log]\nlevel = \"warn\"", #"8:9: unknown level "warn"; did you mean "warning"?"#),
        ("[limits]\nconnections = 0", "8:15: 0 is not an integer from 1 to 1000000"),
        (
            "[limits]\nconnections = \"many\"",
            "8:15: expected an integer from 1 to 1000000, found a string"
        ),
        ("[limits]\nheaders = \"1MiB\"", "8:11: 1MiB is not from 1KiB to 32KiB"),
        ("[limits]\nmessage_body = \"big\"", #"8:16: "big" is not a size like "256KiB""#),
        // A longer one would be read, and not parsed.
        ("[limits]\nmessage_body = \"1MiB\"", "8:16: 1MiB is not from 1KiB to 256KiB"),
        ("[outbound]\nmax_response = \"1MiB\"", "8:16: 1MiB is not from 1KiB to 256KiB"),
        ("[limits]\nrequest_head = \"1d\"", "8:16: 1d is not from 100ms to 10m"),
        (
            "[limits]\nkeep_alive = 60",
            #"8:14: expected a duration like "30s" (ms, s, m, h, d), found an integer"#
        ),
        ("[signature]\nmin_rsa = 1024", "8:11: 1024 is not an integer from 2048 to 4096"),
        // No longer key is taken, so none would be.
        ("[signature]\nmin_rsa = 4097", "8:11: 4097 is not an integer from 2048 to 4096"),
        ("[signature]\nwindow = \"1s\"", "8:10: 1s is not from 10s to 1h"),
        (
            "[signature]\naccept = [\"rfc9421\", \"rfc9241\"]",
            #"8:22: unknown generation "rfc9241"; did you mean "rfc9421"?"#
        ),
        (
            "[signature]\naccept = \"rfc9421\"",
            "8:10: expected an array, each element one of rfc9421, cavage, found a string"
        ),
        (
            "[signature]\nalgorithms = [\"hmac-sha256\"]",
            #"8:15: "hmac-sha256" is not one of ed25519, ecdsa-p256-sha256, ecdsa-p384-sha384, "#
                + "rsa-pss-sha512, rsa-v1_5-sha256, rsa-v1_5-sha384, rsa-v1_5-sha512"
        ),
        ("[token]\nttl = \"0s\"", "8:7: 0s is not from 1s to 1d"),
        ("[token]\nbind = \"peers\"", #"8:8: unknown value "peers"; did you mean "peer"?"#),
        (
            "[token]\npath = \"/ocm/shares\"",
            #"8:8: "/ocm/shares" is not a path of its own like /ocm/token"#
        ),
        (
            "[token]\npath = \"/index.php/ocm/shares\"",
            #"8:8: "/index.php/ocm/shares" is not a path of its own like /ocm/token; "#
                + "leave the front controller out: clients may put it in front"
        ),
        (
            "[token]\npath = \"/index.php/exchange\"",
            #"8:8: "/index.php/exchange" is not a path of its own like /ocm/token; "#
                + "leave the front controller out: clients may put it in front"
        ),
        (
            "[token]\npath = \"/public.php/webdav\"",
            #"8:8: "/public.php/webdav" is not a path of its own like /ocm/token"#
        ),
        (
            "[token]\npath = \"/a/../b\"",
            #"8:8: "/a/../b" is not a path of its own like /ocm/token"#
        ),
        (
            "[token]\npath = \"token?x\"",
            #"8:8: "token?x" is not a path of its own like /ocm/token"#
        ),
        (
            "[outbound]\nallow_private = [\"10.0.0.1/8\"]",
            #"8:18: "10.0.0.1/8" is not a network like 10.0.0.0/8; bits are set after the prefix"#
        ),
        (
            "[outbound]\nresolve = { \"peer.test\" = \"127.0.0.1:9443\" }",
            #"8:13: "peer.test" is not a host and port like peer.test:443"#
        ),
        (
            "[outbound]\nresolve = { \"peer.test:443\" = \"127.0.0.1:1\", \"PEER.test:443\" = \"127.0.0.1:2\" }",
            #"8:46: "peer.test:443" stands here twice; take one of them out"#
        ),
        (
            "[discovery]\ncriteria = \"policy\"",
            #"8:12: this is not "from-policy" or an array of criteria"#
        ),
        (
            "[discovery]\ncache = { fresh = \"0s\" }",
            "8:19: 0s is not from 1s to 1d"
        ),
        (
            "[state]\nurl = \"state.db\"",
            #"8:7: "state.db" is not a place like sqlite:/var/lib/ocmgate/state.db"#
        ),
        ("[state]\nseal_key = \"env:\"", #"8:12: "env:" is not the path of a file, or env:NAME"#),
        (
            "[state]\nseal_key = \"env:A=B\"",
            #"8:12: "env:A=B" is not the path of a file, or env:NAME"#
        ),
        // Listeners and certificates.
        (
            "[[listen]]\naddress = \":443\"",
            #"8:11: ":443" is not an address like [::]:443, 127.0.0.1:8443 or unix:/path"#
        ),
        (
            "[[listen]]\naddress = \"localhost:443\"",
            #"8:11: "localhost:443" is not an address like [::]:443, 127.0.0.1:8443 or unix:/path"#
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:0\"",
            #"8:11: "127.0.0.1:0" is not an address like [::]:443, 127.0.0.1:8443 or unix:/path"#
        ),
        (
            "[[listen]]\naddress = \"unix:/run/s\"\ntrusted_proxies = [\"10.0.0.0/8\"]",
            "9:1: who connects to a unix socket has no address, so nobody could be one of these; "
                + "take it away, or listen at 127.0.0.1 for this proxy"
        ),
        (
            "[[listen]]\nproxy_protocol = [\"::1\"]\naddress = \"unix:/run/s\"",
            "8:1: who connects to a unix socket has no address, so nobody could be one of these; "
                + "take it away, or listen at 127.0.0.1 for this proxy"
        ),
        (
            "[[listen]]\ntls = \"cloud.test\"",
            #"8:1: there is no [tls."cloud.test"]; write it, with cert and key"#
        ),
        (
            "[[listen]]\ntls = \"clod.test\"\n[tls.\"cloud.test\"]",
            #"8:1: there is no [tls."clod.test"]; did you mean "cloud.test"?"#
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:80\"\n[[listen]]\naddress = \"127.0.0.1:80\"",
            "10:1: another [[listen]] has this address"
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:3128\"\n[egress]\nlisten = \"127.0.0.1:3128\"",
            "10:1: a [[listen]] has this address"
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:8080\"",
            "4:1: the gateway itself listens at 127.0.0.1:8080: it would ask itself; "
                + "write where the backend listens"
        ),
        (
            "[[listen]]\naddress = \"0.0.0.0:8080\"",
            "4:1: the gateway itself listens at 0.0.0.0:8080: it would ask itself; "
                + "write where the backend listens"
        ),
        (
            "[egress]\nlisten = \"127.0.0.1:8080\"",
            "8:1: backend.url is this address; write in backend.url where the backend listens"
        ),
        (
            "[[listen]]\naddress = \"[::]:80\"\n[[listen]]\naddress = \"0.0.0.0:80\"",
            "10:1: [::]:80 takes what comes to 0.0.0.0:80 as well; take 0.0.0.0:80 away"
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:80\"\n[[listen]]\naddress = \"0.0.0.0:80\"",
            "10:1: 0.0.0.0:80 takes what comes to 127.0.0.1:80 as well; take 127.0.0.1:80 away"
        ),
        (
            "[egress]\nlisten = \"127.0.0.1:443\"",
            "8:1: [::]:443 takes what comes to 127.0.0.1:443 as well; take 127.0.0.1:443 away"
        ),
        (
            "[[listen]]\nredirect = \"https\"\n[[listen]]\naddress = \"127.0.0.1\"",
            #"10:11: "127.0.0.1" is not an address like [::]:443, 127.0.0.1:8443 or unix:/path"#
        ),
        (
            "[[listen]]\nredirect = \"https\"",
            "7:3: every [[listen]] only redirects: nothing is served; write another [[listen]] with address and tls"
        ),
        (
            "[listen]\naddress = \"127.0.0.1:80\"",
            "7:2: expected [[listen]], found a table; write double brackets: [[listen]]"
        ),
        (
            "[tls]\ncert = \"a.pem\"",
            #"7:2: there is no [[listen]], and no [tls."cloud.test"]; write [[listen]] with address and tls"#
                + "\n"
                + #"8:1: "cert" cannot stand in [tls] itself; each certificate has a table of its own: [tls."cloud.uni.example"]"#
        ),
        (
            "[tls.\"cloud.test\"]\nmin_version = \"1.1\"",
            #"8:15: unknown version "1.1"; did you mean "1.2"?"#
        ),
        // What is not available yet, and what is wrong besides.
        (
            "[[listen]]\naddress = \"127.0.0.1:80\"\nproxy_protocol = [\"ten\"]",
            #"9:19: "ten" is not a network like 10.0.0.0/8; not an IPv4 or IPv6 address"#
        ),
        (
            "[[listen]]\naddress = \"[::ffff:127.0.0.1]:80\"",
            #"8:11: "[::ffff:127.0.0.1]:80" is not an address like [::]:443, 127.0.0.1:8443 or "#
                + "unix:/path; write 127.0.0.1:80"
        ),
        (
            "[[listen]]\naddress = \"127.0.0.1:80\"\nhsts = \"365d\"",
            "9:1: only a listener with tls may say so; take it away, or name a [tls] table in tls"
        ),
        (
            "[outbound]\nproxy = \"https://127.0.0.1:3128\"",
            #"8:9: "https://127.0.0.1:3128" is not a proxy like http://127.0.0.1:3128"#
        ),
        (
            "[outbound]\nproxy = \"http://user:hunter2@127.0.0.1:3128\"",
            #"8:9: "http://***@127.0.0.1:3128" is not a proxy like http://127.0.0.1:3128; "#
                + "a user and password cannot stand here"
        ),
        ("[signature]\nsend = \"lern\"", #"8:8: unknown value "lern"; did you mean "learn"?"#),
        (
            "[state]\nurl = \"postgresql://ocmgate@db.example/ocmgate\"",
            #"8:7: PostgreSQL is not available yet; url = "sqlite:/var/lib/ocmgate/state.db""#
        ),
        (
            "[egress]\nlisten = \"3128\"",
            #"8:10: "3128" is not an address like [::]:443, 127.0.0.1:8443 or unix:/path"#
        ),
        (
            "[egress]\nlisten = \"unix:/run/out.sock\"\nclients = [\"::1\"]",
            "9:1: who connects to a unix socket has no address, so nobody could be one of these; "
                + "take it away: the socket is as open as its file"
        ),
        (
            "[egress]\nca = \"egress.key\"",
            #"8:6: "egress.key" is not the path of a certificate like egress-ca.pem"#
        ),
        (
            "[egress]\nother = [\"*.test\"]",
            #"8:10: "*.test" is not a host like cloud.uni.example"#
        ),
        (
            "[egress]\nlisten = \"\"\nother = \"allow\"",
            #"9:9: this is not "refuse", "tunnel" or an array of hosts"#
        ),
        (
            "[journal]\nkeep = \"1h\"",
            "8:8: 1h is not from 1d to 36525d"
        ),
        (
            "[journal]\nkeep = \"36526d\"",
            "8:8: 36526d is not from 1d to 36525d"
        ),
        (
            "[journal]\nkeep = \"47h\"",
            "8:8: this is no whole number of days; write 1d or 2d"
        ),
        (
            "[metrics]\nlisten = 9464",
            "8:10: expected an address like [::]:443, 127.0.0.1:8443 or unix:/path, found an integer"
        ),
        // The file itself.
        (
            "version = 2",
            "7:1: unknown key \"version\" in [policy]; known here: file, reload, candidate"
        ),
        (
            "[log",
            "7:5: a ] is missing here; write [name], or [[name]] with two brackets on each side"
        ),
    ])
    func whatIsWrongIsToldWithItsPlaceAndWhatMendsIt(_ added: String, _ expected: String) {
        let findings = ConfigurationSample.findings(ConfigurationSample.required + added + "\n")
        let wanted = expected.split(separator: "\n").map { "config.toml:\($0)" }
        #expect(findings == wanted)
    }

    @Test func everythingThatIsWrongIsToldAtOnceInTheOrderOfTheFile() {
        #expect(
            ConfigurationSample.findings(
                """
                version = 3
                profile = "bridged"
                [site]
                origin = "http://cloud.test"
                [backend]
                url = "ftp://127.0.0.1"
                kind = "nextcluod"
                host = "not a host"
                [policy]
                reload = "watch"

                """) == [
                    "config.toml:1:11: 3 is not the number 1",
                    #"config.toml:2:11: unknown profile "bridged"; did you mean "bridge"?"#,
                    #"config.toml:4:10: "http://cloud.test" is not an origin like https://cloud.uni.example"#,
                    #"config.toml:6:7: "ftp://127.0.0.1" is not a URL like http://127.0.0.1:8080, https://host or unix:/path"#,
                    #"config.toml:7:8: unknown kind of backend "nextcluod"; did you mean "nextcloud"?"#,
                    #"config.toml:8:8: "not a host" is not a host like cloud.uni.example"#,
                    #"config.toml:9:1: the key "file" of [policy] is missing"#,
                ])
    }

    @Test func anEmptyFileIsToldWhatItLacks() {
        #expect(
            ConfigurationSample.findings("") == [
                "config.toml:1:1: the table [site] is missing",
                "config.toml:1:1: the table [backend] is missing",
                "config.toml:1:1: the table [policy] is missing",
            ])
    }

    @Test func relativePathsStartAtTheFoldersFile() throws {
        let configuration = try ConfigurationSample.read(
            ConfigurationSample.required + """
                [outbound]
                ca_file = "ca.pem"
                [signature]
                keys = "state/keys"
                [state]
                url = "sqlite:state/state.db"
                seal_key = "../seal.key"
                [tls."cloud.test"]
                cert = "tls/cert.pem"
                key = "tls/key.pem"
                client_ca = "tls/clients.pem"

                """, file: "/srv/gate/config.toml")
        #expect(configuration.policy.file == "/srv/gate/policy.toml")
        #expect(configuration.outbound.caFile == "/srv/gate/ca.pem")
        #expect(configuration.signature.keys == "/srv/gate/state/keys")
        #expect(configuration.state.file == "/srv/gate/state/state.db")
        #expect(configuration.state.sealKey == .file("/srv/gate/../seal.key"))
        #expect(configuration.tls["cloud.test"]?.certificate == "/srv/gate/tls/cert.pem")
        #expect(configuration.tls["cloud.test"]?.key == "/srv/gate/tls/key.pem")
        #expect(configuration.tls["cloud.test"]?.clientCA == "/srv/gate/tls/clients.pem")
        #expect(configuration.clientAuthorities == ["/srv/gate/tls/clients.pem"])
        let here = try ConfigurationSample.read(ConfigurationSample.required, file: "config.toml")
        #expect(here.policy.file == "policy.toml")
    }

    @Test func theSealKeyMayComeFromTheEnvironment() throws {
        let configuration = try ConfigurationSample.read(
            ConfigurationSample.required + "[state]\nseal_key = \"env:OCMGATE_SEAL\"\n")
        #expect(configuration.state.sealKey == .environment("OCMGATE_SEAL"))
    }

    @Test(
        arguments: [
            ("http://192.0.2.7", Upstream.Endpoint.tcp(.address(.v4(0xC000_0207)), port: 80), nil),
            ("https://cloud.inside:8443/", .tcp(.name("cloud.inside"), port: 8443), "cloud.inside"),
            ("unix:/run/nextcloud/http.sock", .unix(path: "/run/nextcloud/http.sock"), nil),
        ] as [(String, Upstream.Endpoint, String?)])
    func theBackendIsReachedInThreeWays(
        _ url: String, _ endpoint: Upstream.Endpoint, _ name: String?
    ) throws {
        let text = ConfigurationSample.required.replacing("http://127.0.0.1:8080", with: url)
        let backend = try ConfigurationSample.read(text).backend
        #expect(backend.endpoint == endpoint)
        #expect(backend.tlsName == name)
    }

    @Test func listenersAndCertificatesAreReadAsWritten() throws {
        let configuration = try ConfigurationSample.read(
            ConfigurationSample.required + """
                [[listen]]
                address = "unix:/run/ocmgate/https.sock"
                [[listen]]
                address = "127.0.0.1:8443"
                tls = "cloud.test"
                hsts = "365d"
                proxy_protocol = ["10.0.0.0/8", "::1"]
                [[listen]]
                tls = "cloud.test"
                [[listen]]
                redirect = "https"
                [tls."cloud.test"]
                min_version = "1.3"
                ocsp = "/run/ocsp/cloud.der"

                """)
        let any = IPAddress.v6(0, 0)
        #expect(
            configuration.listeners.map(\.address) == [
                .unix(path: "/run/ocmgate/https.sock"), .tcp(.v4(0x7F00_0001), port: 8443),
                .tcp(any, port: 443), .tcp(any, port: 80),
            ])
        #expect(configuration.listeners.map(\.tls) == [nil, "cloud.test", "cloud.test", nil])
        #expect(configuration.tls["cloud.test"]?.minimum == .tls13)
        #expect(
            configuration.listeners.map(\.strictTransport) == [nil, .seconds(31_536_000), nil, nil])
        #expect(
            configuration.listeners[1].proxyProtocol.map(\.description) == [
                "10.0.0.0/8", "::1/128",
            ])
        #expect(configuration.tls["cloud.test"]?.staple == "/run/ocsp/cloud.der")
        #expect(configuration.tls["cloud.test"]?.clientCA == nil)
        #expect(configuration.clientAuthorities.isEmpty)
    }

    @Test func whatTurnsALaterFunctionOffIsTaken() throws {
        _ = try ConfigurationSample.read(
            ConfigurationSample.required + """
                candidate = ""
                [[listen]]
                address = "127.0.0.1:8081"
                proxy_protocol = []
                trusted_proxies = []
                [outbound]
                proxy = ""
                ca_file = ""
                [egress]
                listen = ""
                clients = ["127.0.0.0/8", "::1"]
                ca = "egress-ca.pem"
                other = ["updates.nextcloud.com"]
                sign = false
                [journal]
                dir = ""
                keep = "400d"
                bodies = "none"
                checkpoint = "5m"
                [metrics]
                listen = ""
                [admin]
                socket = ""
                page = ""

                """)
    }

    @Test func theWayOutIsReadWithItsDefaults() throws {
        let plain = try ConfigurationSample.read(ConfigurationSample.required + "[egress]\n")
        let usual = try #require(plain.egress)
        #expect(usual.listen == .tcp(.v4(0x7F00_0001), port: 3128))
        #expect(usual.certificate == "/var/lib/ocmgate/egress-ca.pem")
        #expect(usual.other == .refuse)
        #expect(usual.signing == .on)

        let written = try ConfigurationSample.read(
            ConfigurationSample.required + """
                [outbound]
                proxy = "http://proxy.uni.example:8080"
                [egress]
                listen = "10.0.0.1:3128"
                clients = ["10.0.0.0/8"]
                ca = "ca"
                other = ["updates.nextcloud.com", "Git.Example:8443"]
                sign = false

                """)
        #expect(
            written.outbound.proxy
                == OuterProxy(host: .name("proxy.uni.example"), port: 8080))
        let egress = try #require(written.egress)
        #expect(egress.listen == .tcp(.v4(0x0A00_0001), port: 3128))
        #expect(egress.clients == [try CIDR("10.0.0.0/8")])
        #expect(egress.certificate == "/etc/ocmgate/ca")
        #expect(egress.key == "/etc/ocmgate/ca.key")
        #expect(
            egress.other
                == .hosts([
                    try #require(PeerHost("updates.nextcloud.com")),
                    try #require(PeerHost("git.example:8443")),
                ]))
        #expect(egress.signing == .off)
        #expect(
            written.warnings.map(\.description).filter { $0.contains("egress") }.count == 1)
    }
}
