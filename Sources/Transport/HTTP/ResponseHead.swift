/// The head of an upstream's answer that kept every rule.
///
/// Only `ResponseHeadParser` makes one. Interim answers (1xx) come as heads of their own with
/// `.none` as framing; the next head on the connection belongs to the same request.
package final class ResponseHead: Sendable {
    package let status: Int
    package let fields: FieldList
    package let body: ResponseFraming
    /// `Content-Length` as it was sent, which for HEAD and 304 describes what is not there.
    package let contentLength: Int?
    /// Whether the upstream's connection can carry another message after this one.
    package let persistence: Persistence

    init(
        status: Int, fields: FieldList, body: ResponseFraming,
        contentLength: Int?, persistence: Persistence
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.contentLength = contentLength
        self.persistence = persistence
    }

    /// Whether a final answer is still to come.
    package var isInterim: Bool { status < 200 && status != 101 }
}
