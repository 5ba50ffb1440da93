import HTTPSignatures
import Testing

@Suite struct SignatureBaseTests {
    @Test(arguments: try RFC9421Vector.all())
    func basesOfAppendixBAreBuilt(vector: RFC9421Vector) throws {
        let signatures = try MessageSignature.all(in: vector.message)
        #expect(signatures.count == 1)
        let base = try SignatureBase(of: vector.message, input: signatures[0].input())
        #expect(base.text == vector.base)
    }

    @Test func parametersKeepTheOrderReceived() throws {
        let text = #"sig=("@method" "date";req;sf);tag="b";nonce="a";alg="c";created=9"#
        let input = try input(text)
        #expect(String(decoding: input.text, as: UTF8.self) == String(text.dropFirst(4)))
    }

    /// Sections 2.1 and 2.2: identifier, value.
    static let values = [
        (#""@method""#, "POST"),
        (#""@target-uri""#, "https://www.example.com/path//x?param=value&foo=bar&baz=a%20b+c"),
        (#""@authority""#, "www.example.com"),
        (#""@scheme""#, "https"),
        (#""@request-target""#, "/path//x?param=value&foo=bar&baz=a%20b+c"),
        (#""@path""#, "/path//x"),
        (#""@query""#, "?param=value&foo=bar&baz=a%20b+c"),
        (#""@query-param";name="baz""#, "a%20b%20c"),
        (#""host""#, "www.example.com"),
        (#""x-ows-header""#, "Leading and trailing whitespace."),
        (#""cache-control""#, "max-age=60, must-revalidate"),
        (#""example-dict""#, "a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
        (#""example-dict";sf"#, "a=1, b=2;x=1;y=2, c=(a b c), d"),
        (#""example-dict";key="a""#, "1"),
        (#""example-dict";key="b""#, "2;x=1;y=2"),
        (#""example-dict";key="c""#, "(a b c)"),
        (#""example-dict";key="d""#, "?1"),
        (#""empty""#, ""),
        (#""example-header";bs"#, ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"),
        (#""expires";tr"#, "Wed, 9 Nov 2022 07:28:00 GMT"),
    ]

    @Test(arguments: values) func componentsHaveTheValuesOfTheStandard(
        identifier: String, value: String
    ) throws {
        let base = try SignatureBase(of: message(), input: input("sig=(\(identifier))"))
        #expect(
            base.text
                == "\(identifier): \(value)\n\"@signature-params\": (\(identifier))")
    }

    @Test(arguments: [
        ("https://www.example.com/", "?"), ("/", "?"), ("/a?", "?"), ("/a?b?c", "?b?c"), ("*", "?"),
    ]) func queryOfATargetIsNeverAbsent(target: String, query: String) throws {
        let message = try message(target: target)
        let base = try SignatureBase(of: message, input: input(#"sig=("@query")"#))
        #expect(base.text.hasPrefix("\"@query\": \(query)\n"))
    }

    @Test(arguments: [
        ("https://www.example.com/path?x", "www.example.com", "/path"),
        ("http://www.example.com:8080", "www.example.com:8080", "/"),
        ("HTTPS://WWW.example.com:443/", "www.example.com", "/"),
        ("/", "www.example.com", "/"),
        ("*", "www.example.com", "/"),
    ]) func targetsOfEveryFormNameAuthorityAndPath(
        target: String, authority: String, path: String
    ) throws {
        let message = try message(target: target)
        let base = try SignatureBase(
            of: message, input: input(#"sig=("@authority" "@path" "@request-target")"#))
        #expect(
            base.text.hasPrefix(
                "\"@authority\": \(authority)\n\"@path\": \(path)\n\"@request-target\": \(target)\n"
            ))
    }

    /// CONNECT has no URI (RFC 9110, section 9.3.6).
    @Test func theAuthorityFormIsNoTargetURI() throws {
        let message = try message(target: "www.example.com:443")
        #expect(throws: SignatureError(.missingValue, "@target-uri")) {
            try SignatureBase(of: message, input: input(#"sig=("@target-uri")"#))
        }
    }

    /// Section 2.2.8's own examples, the last two of them ours.
    static let queries = [
        (
            "var=this%20is%20a%20big%0Amultiline%20value", "var",
            "this%20is%20a%20big%0Amultiline%20value"
        ),
        ("bar=with+plus+whitespace", "bar", "with%20plus%20whitespace"),
        ("fa%C3%A7ade%22%3A%20=something", "fa%C3%A7ade%22%3A%20", "something"),
        ("a=1&qux&b=2", "qux", ""),
        ("x=%7e'()!*-._", "x", "%7E%27%28%29%21*-._"),
    ]

    @Test(arguments: queries) func queryParametersAreEncodedAgain(
        query: String, name: String, value: String
    ) throws {
        let identifier = "\"@query-param\";name=\"\(name)\""
        let base = try SignatureBase(
            of: message(target: "/?" + query), input: input("sig=(\(identifier))"))
        #expect(base.text.hasPrefix("\(identifier): \(value)\n"))
    }

    @Test func responsesCoverTheirRequest() throws {
        let response = SignedMessage(status: 503, fields: [], request: try message())
        let base = try SignatureBase(
            of: response,
            input: input(
                #"sig=("@status" "@method";req "cache-control";req "example-dict";req;key="d")"#))
        #expect(
            base.text.hasPrefix(
                """
                "@status": 503
                "@method";req: POST
                "cache-control";req: max-age=60, must-revalidate
                "example-dict";req;key="d": ?1

                """))
    }

    /// What cannot be built is refused, never left out.
    static let refused: [(String, SignatureError.Reason)] = [
        (#"("absent")"#, .missingValue),
        (#"("absent";key="a")"#, .missingValue),
        (#"("example-dict";key="z")"#, .missingValue),
        (#"("host";tr)"#, .missingValue),
        (#"("@status")"#, .missingValue),
        (#"("@method";req)"#, .missingValue),
        (#"("@query-param";name="absent")"#, .missingValue),
        (#"("@query-param";name="twice")"#, .ambiguousValue),
        (#"("host";sf)"#, .unusableValue),
        (#"("date";key="a")"#, .unusableValue),
        (#"("latin")"#, .unusableValue),
        (#"("@query-param")"#, .malformedComponent),
        (#"("@query-param";key="a")"#, .unknownComponentParameter),
        (#"("@method";sf)"#, .unknownComponentParameter),
        (#"("host";name="a")"#, .unknownComponentParameter),
        (#"("host";other)"#, .unknownComponentParameter),
        (#"("host";bs;sf)"#, .malformedComponent),
        (#"("host";bs;key="a")"#, .malformedComponent),
        (#"("host";bs=?0)"#, .malformedComponent),
        (#"("host";bs=1)"#, .malformedComponent),
        (#"("example-dict";key=a)"#, .malformedComponent),
        (#"("Host")"#, .malformedComponent),
        (#"("")"#, .malformedComponent),
        (#"("a b")"#, .malformedComponent),
        (#"(host)"#, .malformedComponent),
        (#"(1)"#, .malformedComponent),
        (#"("@signature-params")"#, .unknownComponent),
        (#"("@other")"#, .unknownComponent),
        (#"("host" "date" "host")"#, .repeatedComponent),
        (#"("host";bs;tr "host";tr;bs)"#, .repeatedComponent),
        (#"();created="1""#, .malformedParameter),
        (#"();created=1.0"#, .malformedParameter),
        (#"();created=-1"#, .malformedParameter),
        (#"();created=@1"#, .malformedParameter),
        (#"();created"#, .malformedParameter),
        (#"();expires=-1"#, .malformedParameter),
        (#"();expires=1.5"#, .malformedParameter),
        (#"();nonce=token"#, .malformedParameter),
        (#"();keyid=:AAAA:"#, .malformedParameter),
        (#"();alg=ed25519"#, .malformedParameter),
        (#"();tag"#, .malformedParameter),
        (#"();context="x""#, .unknownParameter),
    ]

    @Test(arguments: refused) func whatCannotBeBuiltIsRefused(
        member: String, reason: SignatureError.Reason
    ) throws {
        let message = try message(target: "/?twice=1&twice=1")
        let error = #expect(throws: SignatureError.self) {
            _ = try SignatureBase(of: message, input: input("sig=" + member))
        }
        #expect(error?.reason == reason)
    }

    @Test func tooManyComponentsAreRefused() throws {
        let names = (0..<25).map { "\"x\($0)\"" }
        #expect(throws: SignatureError(.tooManyComponents)) {
            _ = try input("sig=(\(names.joined(separator: " ")))")
        }
        #expect(
            try input("sig=(\(names.dropLast().joined(separator: " ")))").components.count == 24)
    }

    @Test func basesOver16KiBAreRefused() throws {
        var message = try message()
        message.fields.append(.init("large", String(repeating: "a", count: 17_000)))
        #expect(throws: SignatureError(.tooLargeBase)) {
            _ = try SignatureBase(of: message, input: input(#"sig=("large")"#))
        }
        let nonce = String(repeating: "a", count: 17_000)
        #expect(throws: SignatureError(.tooLargeBase)) {
            _ = try SignatureBase(of: message, input: input(#"sig=();nonce="\#(nonce)""#))
        }
    }

    private func input(_ text: String) throws -> SignatureInput {
        var parser = StructuredFieldParser(Array(text.utf8).span, repeatedKeys: .refused)
        guard case .innerList(let member)? = try parser.parseDictionary()["sig"] else {
            throw Missing(what: "sig")
        }
        return try SignatureInput(member)
    }

    private func message(
        target: String = "/path//x?param=value&foo=bar&baz=a%20b+c"
    ) throws -> SignedMessage {
        var message = try SignedMessage(
            method: "POST", target: target,
            origin: Origin("https://WWW.Example.com:443").orMissing("origin"),
            fields: [
                .init("host", "www.example.com"),
                .init("date", "Tue, 20 Apr 2021 02:07:56 GMT"),
                .init("x-ows-header", "   Leading and trailing whitespace.   \t"),
                .init("cache-control", "max-age=60"),
                .init("example-dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c), d"),
                .init("empty", ""),
                .init("cache-control", "   must-revalidate"),
                .init("example-header", " value, with, lots"),
                .init("example-header", "of, commas "),
                .init("latin", [0xE9]),
            ],
            trailers: [.init("expires", "Wed, 9 Nov 2022 07:28:00 GMT")]
        ).orMissing("message")
        message.kinds["example-dict"] = .dictionary
        return message
    }
}
