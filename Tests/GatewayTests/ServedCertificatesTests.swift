import Foundation
import OpenSSL
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Certificates that are read again") struct ServedCertificatesTests {
    private let scratch: Scratch
    private let now = 1_800_000_000

    init() throws { scratch = try Scratch() }

    /// What a certificate is made out for, as seconds from now.
    private static let valid = -1000...1000

    /// A certificate of a `[tls]` table, and its key.
    private func put(_ table: String, _ names: [String], _ time: ClosedRange<Int> = valid) throws {
        let key = try PrivateKey.generate(.p256)
        let certificate = try Certificate.selfSigned(
            names: names, key: key, validity: now + time.lowerBound...now + time.upperBound)
        try scratch.write(certificate.pem, "\(table).pem")
        try scratch.write(key.exportPEM(), "\(table).key")
    }

    private func configuration(_ tables: [String], _ more: String = "") throws -> Configuration {
        let tls = tables.map { table in
            """
            [tls."\(table)"]
            cert = "\(scratch.file(table)).pem"
            key = "\(scratch.file(table)).key"

            """
        }
        return try ConfigurationSample.read(
            ConfigurationSample.required + Self.listener + tls.joined() + more,
            file: scratch.file("config.toml"))
    }

    private static let listener = """
        [[listen]]
        address = "127.0.0.1:8443"
        tls = "a.test"

        """

    private func renewed(
        _ former: ServedCertificates, _ configuration: Configuration,
        hosts: Set<String> = ["a.test", "b.test"], wanted: Set<String>? = nil, at now: Int? = nil
    ) throws(FileProblem) -> ServedCertificates.Renewal {
        try ServedCertificates.renewed(
            from: former, by: configuration, hosts: hosts, wanted: wanted ?? hosts,
            now: now ?? self.now)
    }

    /// A start and a reload neither fill the memory nor wait for it.
    @Test func whatIsNoFileOfCertificatesByItsSizeOrKindIsNotRead() throws {
        let settings = try #require(try configuration(["a.test"]).tls["a.test"])
        try put("a.test", ["a.test"])
        try #require(unsafe truncate(settings.certificate, 1 << 30) == 0)
        let long = #expect(throws: FileProblem.self) {
            try RunningGateway.identity(settings)
        }
        #expect(long?.what == "is longer than \(4 << 20) bytes")
        try FileManager.default.removeItem(atPath: settings.certificate)
        try #require(unsafe mkfifo(settings.certificate, 0o600) == 0)
        let pipe = #expect(throws: FileProblem.self) {
            try RunningGateway.identity(settings)
        }
        #expect(pipe?.what == "is not a regular file")
    }

    /// Which of two is shown is a matter of the keys that a client knows.
    @Test func oneThatIsNotValidReplacesNoneBesideAnotherOfItsHostEither() throws {
        let configuration = try configuration(["a.test", "a-rsa"])
        for table in ["a.test", "a-rsa"] { try put(table, ["a.test"]) }
        let former = try ServedCertificates(of: configuration)
        try put("a.test", ["a.test"], 50...5000)
        try put("a-rsa", ["a.test"])
        let renewal = try renewed(former, configuration, hosts: ["a.test"])
        #expect(renewal.certificates.changes(since: former) == ["a-rsa"])
        #expect(renewal.problems.keys.sorted() == ["a.test"])
        #expect(renewal.again == now + 50)
    }

    /// The site has this name until the next start.
    @Test func aHostThatIsServedIsNotLostThoughNobodyWantsIt() throws {
        let configuration = try configuration(["a.test"])
        try put("a.test", ["a.test", "b.test"])
        let former = try ServedCertificates(of: configuration)
        try put("a.test", ["a.test"])
        let renewal = try renewed(former, configuration, wanted: ["a.test"])
        #expect(renewal.certificates.changes(since: former) == [])
        #expect(renewal.problems.keys.sorted() == ["a.test"])
    }

    @Test func oneThatCannotBeUsedKeepsNoOtherFromBeingTaken() throws {
        let configuration = try configuration(["a.test", "b.test", "c.test"])
        for table in ["a.test", "b.test", "c.test"] { try put(table, [table]) }
        let former = try ServedCertificates(of: configuration)
        try scratch.write("", "a.test.pem")
        try put("b.test", ["b.test"])
        try put("c.test", ["c.test"], -2000 ... -1000)
        let renewal = try renewed(former, configuration)
        #expect(renewal.certificates.changes(since: former) == ["b.test"])
        #expect(renewal.problems.keys.sorted() == ["a.test", "c.test"])
        #expect(renewal.problems["a.test"]?.path == scratch.file("a.test.pem"))
        #expect(renewal.problems["c.test"]?.what.contains("is not valid now") == true)
        #expect(renewal.again == nil)
        try put("a.test", ["a.test"])
        let next = try renewed(renewal.certificates, configuration)
        #expect(next.certificates.changes(since: renewal.certificates) == ["a.test"])
    }

    /// Its mode, which is right for a certificate, is not what is to be mended.
    @Test func aCertificateInThePlaceOfItsKeyIsNamed() throws {
        let configuration = try configuration(["a.test"])
        try put("a.test", ["a.test"])
        let pem = try String(contentsOfFile: scratch.file("a.test.pem"), encoding: .utf8)
        try scratch.write(pem, "a.test.key", mode: 0o644)
        let problem = #expect(throws: FileProblem.self) {
            try ServedCertificates(of: configuration)
        }
        #expect(problem?.path == scratch.file("a.test.key"))
        #expect(problem?.what == "holds a certificate, and no key")
    }

    @Test func oneThatIsNotValidYetIsTakenWhenItIs() throws {
        let configuration = try configuration(["a.test", "b.test"])
        for table in ["a.test", "b.test"] { try put(table, [table]) }
        let former = try ServedCertificates(of: configuration)
        try put("a.test", ["a.test"], 50...5000)
        try put("b.test", ["b.test"], 40...5000)
        let early = try renewed(former, configuration)
        #expect(early.certificates.changes(since: former) == [])
        #expect(early.problems.count == 2)
        #expect(early.again == now + 40)
        let later = try renewed(early.certificates, configuration, at: now + 40)
        #expect(later.certificates.changes(since: former) == ["b.test"])
        #expect(later.again == now + 50)
        let last = try renewed(later.certificates, configuration, at: now + 50)
        #expect(last.certificates.changes(since: former) == ["a.test", "b.test"])
        #expect(last.again == nil && last.problems.isEmpty)
    }

    /// The new one of b.test would speak for both, and is not valid yet.
    @Test func aHostThatOneTableLosesToAnotherIsKeptWithIt() throws {
        let configuration = try configuration(["a.test", "b.test"])
        for table in ["a.test", "b.test"] { try put(table, [table]) }
        let former = try ServedCertificates(of: configuration)
        try put("a.test", ["other.test"])
        try put("b.test", ["a.test", "b.test"], 50...5000)
        let renewal = try renewed(former, configuration)
        #expect(renewal.certificates.changes(since: former) == [])
        let later = try renewed(renewal.certificates, configuration, at: now + 50)
        #expect(later.certificates.changes(since: former) == ["a.test", "b.test"])
    }

    @Test func aHostThatNobodyWantsAnyMoreIsLost() throws {
        for table in ["a.test", "b.test"] { try put(table, [table]) }
        let former = try ServedCertificates(of: try configuration(["a.test", "b.test"]))
        let fewer = try configuration(["a.test"])
        #expect(throws: FileProblem.self) { try renewed(former, fewer) }
        let renewal = try renewed(former, fewer, wanted: ["a.test"])
        #expect(renewal.certificates.identities.keys.sorted() == ["a.test"])
        #expect(renewal.problems.isEmpty)
    }

    @Test func aTableWithoutAFormerOneIsNotServedWithoutACertificate() throws {
        try put("a.test", ["a.test"])
        let former = try ServedCertificates(of: try configuration(["a.test"]))
        let more = try configuration(["a.test", "b.test"])
        #expect(throws: FileProblem.self) { try renewed(former, more) }
        try put("b.test", ["b.test"])
        #expect(try renewed(former, more).certificates.changes(since: former) == ["b.test"])
    }

    @Test func authoritiesOfClientsStayAsTheyWereAndAreNeverNone() throws {
        try put("a.test", ["a.test"])
        let plain = try configuration(["a.test"])
        let asking = try configuration(["a.test"], "client_ca = \"\(scratch.file("ca.pem"))\"\n")
        let former = try ServedCertificates(of: plain)
        #expect(throws: FileProblem.self) { try renewed(former, asking) }
        let key = try PrivateKey.generate(.p256)
        let authority = try Certificate.selfSigned(
            names: ["ca.test"], key: key, validity: now...now + 9)
        try scratch.write(authority.pem, "ca.pem")
        let known = try renewed(former, asking).certificates
        #expect(known.clientAuthorities == ["a.test": [authority]])
        try scratch.write("", "ca.pem")
        let renewal = try renewed(known, asking)
        #expect(renewal.certificates.clientAuthorities == ["a.test": [authority]])
        #expect(renewal.problems.keys.sorted() == ["a.test"])
        #expect(try renewed(known, plain).certificates.clientAuthorities.isEmpty)
    }

    /// As in what openssl writes beside a certificate.
    @Test func wordsInAnotherEncodingBesideACertificateAreNoMatter() throws {
        try put("a.test", ["a.test"])
        let (file, key) = (scratch.file("a.test.pem"), scratch.file("a.test.key"))
        let pem = try #require(FileManager.default.contents(atPath: file))
        let text = Array("subject=O = Universit".utf8) + [0xE4] + Array("t\n".utf8) + Array(pem)
        try Data(text).write(to: URL(fileURLWithPath: file))
        let settings = try #require(configuration(["a.test"]).tls["a.test"])
        #expect(settings.key == key)
        _ = try RunningGateway.identity(settings)
        #expect(try RunningGateway.clientAuthorities(file).count == 1)
    }
}
