/// A small answer of our own.
///
/// `Content-Length` and `Connection` are written by the transport, and must not be among the
/// fields. A field with a control character in its value turns the answer into an empty 500. For
/// HEAD the body is not sent, only its length.
package struct Answer: Sendable {
    package var status: Int
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    package var connection: Persistence

    package init(
        status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [],
        connection: Persistence = .keepAlive
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.connection = connection
    }
}
