import Testing

@testable import Gateway

@Suite struct InquiryPauseTests {
    private static let late = BackendInquiry.Missing(text: "/a: deadline", isLate: true)
    private static let absent = BackendInquiry.Missing(text: "/a: status 404", isLate: false)

    @Test func itIsTwiceAsLongAfterEachThatWasLate() {
        var pause = InquiryPause()
        #expect(pause.seconds == 2)
        for seconds in [2, 4, 8, 16, 32, 60, 60] {
            pause.note(Self.late)
            #expect(pause.seconds == seconds)
        }
    }

    @Test func anyAnswerEndsThat() {
        var pause = InquiryPause()
        for _ in 0..<5 { pause.note(Self.late) }
        pause.note(Self.absent)
        #expect(pause.seconds == 2)
        pause.note(Self.absent)
        #expect(pause.seconds == 2)
    }
}
