import Testing

@testable import ocmgate

/// Operators type what they type for nginx.
@Suite struct NginxArgumentsTests {
    @Test(arguments: [
        ("-t", "check"),
        ("-t -q", "check"),
        ("-tq", "check"),
        ("-t -c file", "check -c file"),
        ("-c file -t", "check -c file"),
        ("-tc file", "check -c file"),
        ("-tcfile", "check -c file"),
        ("-cfile -t", "check -c file"),
        // A file whose name is an option.
        ("-t -c -t", "check -c -t"),
        ("-t --config file --json", "check --config file --json"),
        ("--json -t", "check --json"),
        ("-t -", "check -"),
        // What check does not know it refuses itself.
        ("-t -g x", "check -g x"),
        ("-t -c", "check -c"),
    ])
    func aTestOfTheConfigurationIsCheck(_ given: String, _ meant: String) {
        let words = given.split(separator: " ").map(String.init)
        #expect(NginxArguments.check(words)?.joined(separator: " ") == meant)
    }

    @Test(arguments: ["-v", "-V"]) func theVersionIsAskedForAsThere(_ given: String) {
        #expect(NginxArguments.meant([given]) == ["version"])
        #expect(NginxArguments.meant([given, "-t"]) == ["check", given])
        #expect(NginxArguments.meant(["run", given]) == nil)
        #expect(NginxArguments.meant(["-t"]) == ["check"])
    }

    @Test(arguments: ["", "run -t", "-c -t", "-cfile", "--config -t", "-q", "check -t", "--test"])
    func everythingElseIsNot(_ given: String) {
        #expect(NginxArguments.check(given.split(separator: " ").map(String.init)) == nil)
    }
}
