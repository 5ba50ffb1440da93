import Federation
import Testing

@testable import Gateway

@Suite struct RecordedKindTests {
    @Test func everyWordOfTheJournalCanBeAskedFor() {
        let families =
            OCMEndpoint.allCases.map(RouteFamily.ocm) + [.token, .ocs, .unknownEndpoint]
        for family in families {
            let word = family.messageKind ?? ""
            #expect(RecordedKind.asked(word)?.kind.rawValue == word, "\(word)")
        }
        for word in ["request", "webdav", "egress"] {
            #expect(RecordedKind.asked(word)?.kind.rawValue == word, "\(word)")
        }
        for kind in MessageKind.allCases { #expect(RecordedKind.asked(kind.rawValue) != nil) }
    }

    @Test func theWordsOfAPolicyMayNameTheWay() {
        #expect(RecordedKind.asked("share")?.kind == .shares)
        #expect(RecordedKind.asked("share")?.direction == nil)
        #expect(RecordedKind.asked("share.in")?.kind == .shares)
        #expect(RecordedKind.asked("share.in")?.direction == .inbound)
        #expect(RecordedKind.asked("share.in")?.judged == .share)
        #expect(RecordedKind.asked("ocs.out")?.judged == .ocs)
        #expect(RecordedKind.asked("ocs")?.judged == nil)
        #expect(RecordedKind.asked("invite.out")?.kind == .inviteAccepted)
        for slip in ["", "Shares", "share.up", "*.in", "shares.in", "files"] {
            #expect(RecordedKind.asked(slip) == nil, "\(slip)")
        }
    }
}
