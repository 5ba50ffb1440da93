import Federation
import Foundation
import Logging
import OpenSSL
import Testing
import Transport

@testable import Gateway

@Suite struct EgressCATests {
    private static let now = 1_800_000_000

    private static func settings(_ scratch: Scratch) -> Configuration.EgressSettings {
        Configuration.EgressSettings(
            listen: .tcp(.v4(0x7F00_0001), port: 3128), clients: [],
            certificate: scratch.path + "/ca.pem", key: scratch.path + "/ca.key", other: .refuse,
            signing: .on)
    }

    @Test func theFirstStartMakesACertificateForAllAndAKeyForUs() throws {
        let scratch = try Scratch()
        let settings = Self.settings(scratch)
        let made = try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        #expect(try scratch.mode(of: "ca.pem") == 0o644)
        #expect(try scratch.mode(of: "ca.key") == 0o600)
        let text = try String(contentsOfFile: settings.certificate, encoding: .utf8)
        #expect(!text.contains("PRIVATE"))
        // The next start finds the same.
        let again = try EgressCA.load(settings, whenMissing: .make, now: Self.now + 86_400)
        #expect(again.certificate == made.certificate)
        let years = Double((made.certificate.notAfter ?? 0) - Self.now) / (365.25 * 86_400)
        #expect((9.9...10.1).contains(years))
    }

    @Test func whatDoesNotFitTogetherIsRefusedWithARemedy() throws {
        let scratch = try Scratch()
        let settings = Self.settings(scratch)
        #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .refuse, now: Self.now)
        }
        _ = try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        let key = try String(contentsOfFile: settings.key, encoding: .utf8)

        try FileManager.default.removeItem(atPath: settings.key)
        var problem = #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        }
        #expect(problem?.path == settings.key)
        #expect(problem?.remedy.contains("trust the new certificate") == true)

        try PrivateFile.create(
            settings.key, Array(try PrivateKey.generate(.p256).exportPEM().utf8))
        problem = #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        }
        #expect(problem?.what.contains("the key is not the certificate's") == true)

        try FileManager.default.removeItem(atPath: settings.key)
        try PrivateFile.create(settings.key, Array(key.utf8))
        #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now + 11 * 366 * 86_400)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: settings.key)
        problem = #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        }
        #expect(problem?.remedy.contains("chmod 600") == true)
    }

    /// Who removed both would have every backend trust another authority, for a clock that is put right
    /// in a minute.
    @Test func oneOfATimeToComeIsAMatterOfTheClock() throws {
        let scratch = try Scratch()
        let settings = Self.settings(scratch)
        _ = try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        let problem = #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now - 6 * 365 * 86_400)
        }
        #expect(problem?.what == "is not valid yet")
        #expect(problem?.remedy.hasPrefix("see whether the clock is right; if it is, ") == true)
        let over = #expect(throws: FileProblem.self) {
            try EgressCA.load(settings, whenMissing: .make, now: Self.now + 11 * 366 * 86_400)
        }
        #expect(over?.remedy.contains("remove both") == true)
    }

    @Test func aStartThatWasInterruptedGoesOnWithItsKey() throws {
        let scratch = try Scratch()
        let settings = Self.settings(scratch)
        _ = try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        let key = try String(contentsOfFile: settings.key, encoding: .utf8)
        try FileManager.default.removeItem(atPath: settings.certificate)
        let made = try EgressCA.load(settings, whenMissing: .make, now: Self.now)
        #expect(try made.certificate.publicKey() == PrivateKey(pem: key).publicKey)
    }

    /// A gateway that runs reads it once; when it is over, everything on the way out is refused.
    @Test func itsEndIsToldInTime() throws {
        let scratch = try Scratch()
        let certificate = scratch.path + "/ca.pem"
        func authority(days: Int) throws -> EgressCA {
            let end = Self.now + days * 86_400
            return try EgressCA(
                .make(name: "test", key: .generate(.p256), validity: Self.now...end))
        }
        let configuration = try ConfigurationSample.read(
            ConfigurationSample.required + "[egress]\nca = \"\(certificate)\"\n")
        func told(_ authority: EgressCA, at now: Int) throws -> [JSONObject] {
            let lines = TestLines()
            let log = GatewayLog(
                level: .debug, format: .json, milliseconds: { 0 },
                sink: {
                    lines.add($0)
                    return true
                })
            RunningGateway.warnOfCertificates(
                configuration, ServedCertificates.Renewal().certificates, egress: authority, log,
                now: now)
            log.flush()
            return lines.objects.filter { $0["message"]?.string == "certificate.expires" }
        }
        let (long, end) = (try authority(days: 100), Self.now + 100 * 86_400)
        #expect(try told(long, at: end - 15 * 86_400).isEmpty)
        for (now, level) in [
            (end - 13 * 86_400, "warning"), (end + 1, "error"), (Self.now - 1, "error"),
        ] {
            let line = try #require(try told(long, at: now).first)
            #expect(line["level"]?.string == level && line["file"]?.string == certificate)
            #expect(line["host"] == nil)
        }
        // Of one that lives for six days, 14 would be all its life.
        let short = try authority(days: 6)
        #expect(try told(short, at: Self.now + 86_400).isEmpty)
        #expect(try told(short, at: Self.now + 5 * 86_400).count == 1)
    }

    @Test func aLeafIsKeptUntilADayBeforeItsEnd() throws {
        let key = try PrivateKey.generate(.p256)
        let authority = try EgressCA(
            .make(name: "test", key: key, validity: Self.now - 10_000...Self.now + 400 * 86_400))
        let first = try authority.context(for: "peer.test", now: Self.now)
        #expect(try authority.context(for: "peer.test", now: Self.now + 5 * 86_400) === first)
        #expect(try authority.context(for: "other.test", now: Self.now) !== first)
        let later = try authority.context(for: "peer.test", now: Self.now + 6 * 86_400 + 1)
        #expect(later !== first)
        // A clock that was ahead is no reason to show what is not valid yet.
        #expect(try authority.context(for: "peer.test", now: Self.now) !== later)
    }

    @Test func aLeafIsBelievedByWhoTrustsTheAuthorityAndForItsHostOnly() throws {
        let key = try PrivateKey.generate(.p256)
        let now = Int(Date().timeIntervalSince1970)
        let authority = try EgressCA(
            .make(name: "test", key: key, validity: now - 10_000...now + 86_400))
        let server = try authority.context(for: "peer.test", now: now)
        let trust = try TLSContext.client(
            trust: .only([authority.certificate]), alpn: ["http/1.1"])
        for name in ["peer.test", "other.test"] {
            let client = try TLSEngine(client: trust, serverName: name)
            #expect(shake(client, try TLSEngine(server: server)) == (name == "peer.test"))
        }
    }

    @Test func longAndManyNamesAreServed() throws {
        let authority = try EgressCA(
            .make(
                name: "test", key: .generate(.p256),
                validity: Self.now - 10_000...Self.now + 400 * 86_400))
        let label = String(repeating: "a", count: 60)
        _ = try authority.context(for: "\(label).\(label).\(label).example", now: Self.now)
        let first = try authority.context(for: "host0.test", now: Self.now)
        for number in 1...1100 {
            _ = try authority.context(for: "host\(number).test", now: Self.now + number)
        }
        // The one that was not used for longest was given up.
        #expect(try authority.context(for: "host0.test", now: Self.now + 2000) !== first)
    }

    /// Whether the handshake ends well on both sides.
    private func shake(_ client: TLSEngine, _ server: TLSEngine) -> Bool {
        var forServer = step(client, [])
        for _ in 0..<4 {
            let forClient = step(server, forServer)
            forServer = step(client, forClient)
        }
        return client.state == .open && server.state == .open
    }

    /// What an engine says to these bytes.
    private func step(_ engine: TLSEngine, _ bytes: [UInt8]) -> [UInt8] {
        [UInt8](rawCapacity: 16 << 10) { reply in
            _ = [UInt8](rawCapacity: 1 << 10) { plain in
                _ = engine.step(
                    ciphertext: bytes.rawSpan, plaintext: &plain, reply: &reply)
            }
        }
    }
}
