import Federation
import Gateway
import Testing

@Suite struct EffectiveConfigurationTests {
    private func rows(_ text: String) throws -> [String: EffectiveConfiguration.Row] {
        let configuration = try ConfigurationSample.read(text)
        let rows = try EffectiveConfiguration(configuration, text: Array(text.utf8)).rows
        #expect(Set(rows.map(\.key)).count == rows.count)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.key, $0) })
    }

    @Test func everyValueSaysWhereItIsFrom() throws {
        let text =
            "profile = \"strict\"\n" + ConfigurationSample.required + """
                [outbound]
                timeouts = { total = "20s" }
                [[listen]]
                address = "127.0.0.1:8443"
                tls = "a b"
                [tls."a b"]
                [limits]
                headers = 8192
                """
        let rows = try rows(text)
        func said(_ key: String) -> String {
            rows[key].map { row in
                String(decoding: row.value.serialized(), as: UTF8.self) + " \(row.origin)"
            } ?? "nothing"
        }
        #expect(said("profile") == #""strict" /etc/ocmgate/config.toml:1"#)
        #expect(said("site.origin") == #""https://cloud.test" /etc/ocmgate/config.toml:3"#)
        #expect(said("site.provider") == #""cloud.test" default"#)
        #expect(said("outbound.timeouts.total") == #""20s" /etc/ocmgate/config.toml:9"#)
        #expect(said("outbound.timeouts.connect") == #""3s" default"#)
        #expect(said("listen[0].address") == #""127.0.0.1:8443" /etc/ocmgate/config.toml:11"#)
        #expect(said(#"tls."a b".cert"#) == #""/etc/ssl/cloud.pem" default"#)
        #expect(said("limits.headers") == #""8KiB" /etc/ocmgate/config.toml:15"#)
        #expect(said("token.accept_secret") == #""none" profile strict"#)
        #expect(said("signature.accept") == #"["rfc9421"] profile strict"#)
        #expect(said("egress.listen") == #""" default"#)
        #expect(said("egress.other") == "nothing")
        #expect(said("policy.file") == #""/etc/ocmgate/policy.toml" /etc/ocmgate/config.toml:7"#)
    }

    @Test func theListenersThatNobodyWroteAreShown() throws {
        let rows = try rows(ConfigurationSample.required)
        #expect(rows["listen[0].address"]?.value == .string("[::]:443"))
        #expect(rows["listen[1].redirect"]?.value == .string("https"))
        #expect(rows["listen[1].redirect"]?.origin == .builtIn)
        #expect(rows[#"tls."cloud.test".cert"#]?.origin == .builtIn)
    }
}
