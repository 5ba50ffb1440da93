/// How long the backend is left alone after an inquiry that found no document: two seconds, and after each one that
/// was late twice as long as before, up to a minute.
///
/// A server does not notice that nobody waits any more: what is asked anew while it works on the last would keep
/// it slow.
struct InquiryPause: Sendable {
    private(set) var seconds = 2
    private var isLate = false

    /// Takes note of what the newest inquiry has failed by.
    mutating func note(_ missing: BackendInquiry.Missing) {
        guard missing.isLate else {
            self = InquiryPause()
            return
        }
        if isLate { seconds = min(seconds * 2, 60) }
        isLate = true
    }
}
