import Foundation
import Synchronization
import Testing

@testable import Federation

/// The evaluator against the reference, on random policies and messages.
///
/// Each policy has its seed, so that one that differs can be tried alone. There are 10,000 with two
/// messages each, since a policy is slow to read; `POLICY_CASES=100000` makes it that many.
@Suite struct ReferenceTests {
    private static let parts: UInt64 = 10
    private static let tally = Mutex((parts: 0 as UInt64, seen: [String: Int]()))
    private static let cases =
        ProcessInfo.processInfo.environment["POLICY_CASES"].flatMap(UInt64.init) ?? 10_000

    @Test(arguments: 0..<parts) func evaluatorAgreesWithTheReference(_ part: UInt64) throws {
        var seen: [String: Int] = [:]
        for seed in stride(from: part, to: Self.cases, by: Int(Self.parts)) {
            var random = RandomPolicies(seed: seed)
            let plain = random.policy()
            let policy = try Self.policy(plain)
            for _ in 0..<2 {
                let message = random.message()
                let wanted = ReferenceEvaluator(policy: plain, message: message).answer()
                let facts = try Self.facts(message)
                let names = [Policy.pingPongLabel] + policy.limits.map(\.name)
                let verdict = policy.evaluate(facts) { limit in
                    message.over.contains(names[limit + 1]) ? .full(retryAfter: 7) : .room
                }
                let got = ReferenceEvaluator.Answer(
                    action: verdict.action.rawValue, by: verdict.by, code: verdict.code,
                    would: Set(verdict.would))
                #expect(got == wanted, "seed \(seed): \(message)\n\(plain.text)\n\(plain.lists)")
                if got != wanted { return }
                seen[wanted.by.prefix { $0 != ":" } + " " + wanted.action, default: 0] += 1
            }
        }
        let (mine, parts) = (seen, Self.parts)
        let all: [String: Int]? = Self.tally.withLock { tally in
            tally.seen.merge(mine, uniquingKeysWith: +)
            tally.parts += 1
            return tally.parts == parts ? tally.seen : nil
        }
        guard let all else { return }
        // All parts together reach every kind of answer, and none of them only.
        for kind in [
            "list deny", "unknown deny", "unknown hold", "built-in deny", "require deny",
            "limit deny", "rule deny", "rule hold", "rule allow", "default deny", "default allow",
            "mode allow",
        ] { #expect(all[kind, default: 0] > Self.cases / 500, "\(kind): \(all)") }
    }

    private static func policy(_ plain: PlainPolicy) throws -> Policy {
        let policy = try PolicySamples.read(plain.text)
        var entries: [Int: [ListEntry]] = [:]
        for (place, list) in plain.lists.enumerated() where list.from != "own" {
            entries[place] = try list.entries.map {
                ListEntry(
                    pattern: try #require(HostPattern($0.pattern)),
                    until: $0.untilDay.map { PolicyTest.ordinaryNow + ($0 + 1) * 86_400 })
            }
        }
        return policy.replacing(entries)
    }

    private static func facts(_ message: PlainMessage) throws -> Facts {
        let occasion = try #require(Occasion("\(message.kind).\(message.direction)"))
        var facts = Facts(
            occasion, peer: try message.peer.map { try #require(PeerHost($0)) },
            now: PolicyTest.ordinaryNow + message.minute * 60)
        facts.address = message.address.flatMap {
            NetworkAddress($0.map(String.init).joined(separator: "."))
        }
        facts.signature = try #require(SignatureFact(rawValue: message.signature))
        facts.set(.peerKeys, to: message.advertisesKeys)
        facts.set(.access, to: message.isByToken)
        facts.set(.invite, to: message.isInvited)
        facts.set(.mfa, to: message.enforcesMFA)
        facts.set(.keyPinned, to: message.isPinned)
        facts.set(.mtls, to: message.showsCertificate)
        facts.software = message.software
        facts.shareType = message.shareType
        facts.resourceType = message.resourceType
        facts.protocols = message.protocols
        facts.permissions = Permissions(words: message.permissions)
        facts.accessTypes = message.accessTypes
        facts.size = message.size
        facts.owner = message.owner
        facts.sender = message.sender
        facts.recipient = message.recipient
        facts.notificationType = message.notificationType
        return facts
    }
}
