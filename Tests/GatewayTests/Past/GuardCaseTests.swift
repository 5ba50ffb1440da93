import Federation
import Testing

@testable import Gateway

@Suite("What is told of a refusal by a guard depends on the way and on what was wrong")
struct GuardCaseTests {
    /// A record of a guard, and what its advice says and does not say.
    struct Told {
        let code: DenialCode
        let way: Direction
        let detail: String
        let says: String
        let not: String

        init(_ code: DenialCode, _ way: Direction, _ detail: String, _ says: String, not: String) {
            self.code = code
            self.way = way
            self.detail = detail
            self.says = says
            self.not = not
        }
    }

    @Test(arguments: [
        Told(
            .senderMismatch, .outbound, "owner is at inner.local, which is no name of this site",
            "overwrite.cli.url", not: "the peer"),
        Told(
            .senderMismatch, .inbound, "\(Denial.ownersAlone): only one.test may send it",
            "the owner has to share it", not: "sign"),
        Told(
            .senderMismatch, .inbound, "\(Denial.toOwnSite): owner is at one.test",
            "its own people alone", not: "sign"),
        Told(
            .senderMismatch, .inbound, "signed for one.test, speaks for two.test",
            "must let it sign", not: "owner"),
        Told(
            .notDelivered, .outbound, "the peer answered 400", "the peer refused it",
            not: "backend"),
        Told(
            .peerUnavailable, .outbound, "too many fetches at once", "too much at once here",
            not: "is well"),
        Told(
            .keyUnavailable, .inbound, "one.test has the address 10.0.0.1, which is not dialled",
            "outbound.allow_private", not: "cannot be fetched"),
        Told(
            .senderMismatch, .inbound,
            "sender is of this site, which \(Denial.notAsked) one.test to share on",
            "nobody of this site asked", not: "sign"),
        Told(
            .notDelivered, .inbound, "the backend answered 400", "the backend did not take it",
            not: "peer"),
        Told(
            .misdirected, .outbound, "for one.test, and sent to two.test", "another host",
            not: "site.aliases"),
        Told(
            .misdirected, .outbound, Denial.notByPrefix, "egress.listen", not: "proxy_set_header"),
        Told(.misdirected, .inbound, "Host is x.test", "site.aliases", not: "egress"),
        Told(
            .secretRefused, .outbound, "Authorization names no share", "the backend shows",
            not: "exchange"),
        Told(
            .secretRefused, .outbound, "the secret of a share of this site's own",
            "the backend shows", not: "exchange"),
        Told(
            .secretRefused, .outbound, Denial.secretInURI("the secret of share 1, for x").detail,
            "goes into a URL", not: "mount"),
        Told(
            .secretRefused, .inbound, "a secret that was never seen", "has to exchange",
            not: "the backend"),
        Told(
            .notAllowed, .outbound,
            "a message or shared data for one.test, \(Denial.noAdmittedPeer)",
            "an entry in an own list",
            not: "another"),
        Told(
            .notAllowed, .outbound, "a path outside of the share", "what the backend sends",
            not: "this side"),
        Told(
            .notAllowed, .inbound, "a path outside the share of the token", "nothing on this side",
            not: "backend"),
        Told(
            .egressAddress, .outbound, "private.test:443: address_refused 10.1.2.3",
            "outbound.allow_private", not: "names only"),
        Told(
            .egressAddress, .outbound, "10.1.2.3 is an address and not a name", "public names only",
            not: "allow_private"),
        Told(
            .egressRefused, .outbound, Denial.ownByPrefix, "without /egress/", not: "egress.other"),
        Told(
            .egressRefused, .outbound,
            "one.test\(Denial.otherPort)two.test:8443, and nothing else does",
            "outbound.resolve", not: "egress.other"),
        Told(
            .egressRefused, .outbound, "GET of one.test: egress.other refuses it", "egress.other",
            not: "without"),
        Told(
            .egressRefused, .outbound, "10.1.2.3\(Denial.noClient)", "egress.clients",
            not: "egress.other"),
        Told(.egressRefused, .outbound, Denial.otherName, "CONNECT", not: "egress.other"),
        Told(.notFound, .inbound, Denial.pagesClosed, "backend.pass", not: "nothing on this side"),
        Told(
            .notFound, .inbound, "/ocm/x is no endpoint of OCM", "nothing on this side",
            not: "backend.pass"),
        Told(
            .bodyTooLarge, .inbound, "body_too_large", "limits.message_body",
            not: "nothing on this side"),
        Told(.limitExceeded, .inbound, "exchanges of share s1", "a fixed rate", not: "policy"),
        Told(
            .invalidGrant, .outbound, "the peer says that the code is over",
            "its owner shares it anew",
            not: "this side"),
        Told(
            .invalidGrant, .inbound, "another peer exchanged it first", "nothing on this side",
            not: "anew"),
        Told(
            .unauthorizedClient, .outbound, "the peer takes no codes from us: unauthorized_client",
            "its operator must say why", not: "this side"),
    ])
    func whoHasToMendWhatIsTold(_ told: Told) throws {
        let journal = try PastJournal()
        let id = try journal.add(
            try JournalRecordTests.facts(), action: .deny, by: "guard:\(told.code.rawValue)",
            code: told.code.rawValue
        ) {
            $0.decision.direction = told.way
            $0.decision.detail = told.detail
        }
        guard case .found(let found) = try DecisionSearch(journal.reader, .pseudonyms).find(id)
        else {
            Issue.record("no record")
            return
        }
        let advice = DecisionAdvice.on(found.decision, nil, nearMiss: nil, now: 0)
        #expect(advice.count == 1 && advice[0].place == nil)
        #expect(advice.first?.words.contains(told.says) == true, "\(advice)")
        #expect(advice.first?.words.contains(told.not) == false, "\(advice)")
    }
}
