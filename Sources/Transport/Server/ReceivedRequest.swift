/// A request with its whole body.
package struct ReceivedRequest: Sendable {
    package let head: RequestHead
    /// The body without its chunked coding; trailers are dropped.
    package let body: [UInt8]
    package let client: ClientConnection

    package init(head: RequestHead, body: [UInt8], client: ClientConnection) {
        self.head = head
        self.body = body
        self.client = client
    }
}
