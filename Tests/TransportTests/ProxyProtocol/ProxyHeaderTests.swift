import Testing

@testable import Transport

@Suite("Headers of the PROXY protocol") struct ProxyHeaderTests {
    private static let rest = "GET / HTTP/1.1\r\n"

    private static func read(_ text: String) throws(ProxyHeader.Failure) -> ProxyHeader.Reading {
        try ProxyHeader.read(Array(text.utf8).span)
    }

    private static func binary(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).filter { $0 != 0x20 }
        return ProxyHeader.signature2
            + stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
            }
    }

    @Test(arguments: [
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", "192.0.2.7", 56324),
        ("PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n", "0.0.0.0", 0),
        ("PROXY TCP6 2001:db8::7 2001:db8::1 1 443\r\n", "2001:db8::7", 1),
        ("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 443\r\n", "192.0.2.7", 1),
    ]) func aLineNamesTheClient(line: String, address: String, port: Int) throws {
        let client = try #require(IPAddress(address))
        let header = ProxyHeader.client(client, port: port)
        #expect(
            try Self.read(line + Self.rest) == .header(header, length: line.utf8.count))
    }

    @Test(arguments: [
        "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ff:ff 1 2 and more\r\n",
        "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n",
    ]) func whoCannotTellSpeaksForItself(line: String) throws {
        #expect(
            try Self.read(line + Self.rest) == .header(.own, length: line.utf8.count))
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n", ProxyHeader.Failure.absent), ("PROXX", .absent),
        ("proxy TCP4 ", .absent), ("\u{16}\u{3}", .absent),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\n", .malformed),
        ("PROXY  TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 \r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n", .malformed),
        ("PROXY TCP4 192.0.2.07 198.51.100.1 56324 443\r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 056324 443\r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n", .malformed),
        ("PROXY TCP4 192.0.2.7 198.51.100.1 56324\t443\r\n", .malformed),
        ("PROXY TCP4 2001:db8::7 2001:db8::1 1 443\r\n", .malformed),
        ("PROXY TCP6 192.0.2.7 198.51.100.1 1 443\r\n", .malformed),
        ("PROXY TCP6 2001:db8::7%eth0 2001:db8::1 1 443\r\n", .malformed),
        ("PROXY UDP4 192.0.2.7 198.51.100.1 1 443\r\n", .malformed),
        ("PROXY \r\n", .malformed), ("PROXY TCP4 a b 1 2\u{0}\r\n", .malformed),
        ("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", .tooLong),
        ("PROXY UNKNOWN " + String(repeating: "x", count: 93), .tooLong),
    ]) func anotherLineIsRefused(line: String, failure: ProxyHeader.Failure) {
        #expect(throws: failure) { try Self.read(line) }
    }

    @Test func bytesNameTheClientToo() throws {
        let four = Self.binary("21 11 000c c0000207 c6336401 dc04 01bb")
        let client = try #require(IPAddress("192.0.2.7"))
        #expect(
            try ProxyHeader.read((four + [1, 2, 3]).span)
                == .header(.client(client, port: 56324), length: 28))
        let six = Self.binary(
            "21 21 0024 20010db8000000000000000000000007 20010db8000000000000000000000001 dc04 01bb"
        )
        let other = try #require(IPAddress("2001:db8::7"))
        #expect(try ProxyHeader.read(six.span) == .header(.client(other, port: 56324), length: 52))
    }

    @Test(arguments: [
        "20 00 0000", "20 11 0003 ffffff", "20 12 000c c0000207 c6336401 dc04 01bb",
        "20 ff 0003 ffffff", "21 00 0000", "21 00 0003 040000",
        "21 31 00d8" + String(repeating: "00", count: 216),
    ]) func whatHasNoAddressIsTheHopsOwn(hex: String) throws {
        let bytes = Self.binary(hex)
        #expect(try ProxyHeader.read(bytes.span) == .header(.own, length: bytes.count))
        let begun = Array(bytes.dropLast())
        #expect(try ProxyHeader.read(begun.span) == .needMore)
    }

    @Test(arguments: [
        ("11 11 000c c0000207 c6336401 dc04 01bb", ProxyHeader.Failure.unknown),
        ("22 11 000c c0000207 c6336401 dc04 01bb", .unknown),
        ("21 12 000c c0000207 c6336401 dc04 01bb", .unknown),
        ("21 41 000c c0000207 c6336401 dc04 01bb", .unknown),
        ("21 11 000b c0000207 c6336401 dc04 01", .malformed),
        ("21 11 000e c0000207 c6336401 dc04 01bb 0200", .malformed),
        ("21 11 0010 c0000207 c6336401 dc04 01bb 02 0002 61", .malformed),
        ("21 11 0010 c0000207 c6336401 dc04 01bb 03 0001 00", .malformed),
        ("21 11 0013 c0000207 c6336401 dc04 01bb 03 0004 00000000", .checksum),
        ("21 11 0ff1", .tooLong),
    ]) func otherBytesAreRefused(hex: String, failure: ProxyHeader.Failure) {
        #expect(throws: failure) { try ProxyHeader.read(Self.binary(hex).span) }
    }

    /// The sum was computed by another implementation (`Tests/Fuzz/Corpus/proxy-header`).
    @Test func aChecksumThatIsRightIsTaken() throws {
        let hex =
            "21110020c0000207c6336401dc0401bb02000a636c6f75642e74657374030004c98181e3"
        let bytes = Self.binary(hex)
        let client = try #require(IPAddress("192.0.2.7"))
        #expect(
            try ProxyHeader.read(bytes.span)
                == .header(.client(client, port: 56324), length: bytes.count))
    }

    @Test func whatIsWrittenIsReadTheSame() throws {
        for text in ["192.0.2.7", "2001:db8::7"] {
            let address = try #require(IPAddress(text))
            let header = ProxyHeader.client(address, port: 8443)
            let bytes = header.binary
            #expect(try ProxyHeader.read(bytes.span) == .header(header, length: bytes.count))
        }
        let own = ProxyHeader.own.binary
        #expect(own.count == 16)
        #expect(try ProxyHeader.read(own.span) == .header(.own, length: 16))
    }
}
