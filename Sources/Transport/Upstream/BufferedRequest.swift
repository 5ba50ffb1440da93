/// A request with its whole body, for an exchange whose answer is also taken whole.
package struct BufferedRequest: Sendable {
    package var method: Method
    /// The request line and the fields, without those of framing, not finished.
    package var head: HeadWriter
    /// Nil for a request without a body, which differs from one with a body of no bytes.
    package var body: [UInt8]?
    /// How long the body of the answer may be, in bytes.
    package var responseLimit: Int
    /// From now to the last byte of the answer.
    package var deadline: Duration
    /// From the whole request to the first byte of the answer, before its server counts as silent; nil for what
    /// the limits of the upstream say.
    package var firstByte: Duration?
    /// For whom it is; nil for a request of our own.
    package var client: ClientConnection?

    package init(
        _ method: Method, head: HeadWriter, body: [UInt8]? = nil, responseLimit: Int = 256 << 10,
        deadline: Duration = .seconds(30), firstByte: Duration? = nil,
        for client: ClientConnection? = nil
    ) {
        self.method = method
        self.head = head
        self.body = body
        self.responseLimit = responseLimit
        self.deadline = deadline
        self.firstByte = firstByte
        self.client = client
    }
}

/// A whole answer.
package struct BufferedResponse: Sendable {
    package let head: ResponseHead
    /// The body without its chunked coding.
    package let body: [UInt8]

    package var status: Int { head.status }
    package var fields: FieldList { head.fields }
    /// Whether there is a body, and it is in a content coding.
    package var isCoded: Bool { !body.isEmpty && head.isCoded }

    package init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}
