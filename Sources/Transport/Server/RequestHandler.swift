/// What is in charge of the requests of a server: it decides, the transport moves bytes.
///
/// All of it runs on the event loop of the client's connection and must not block.
package protocol RequestHandler: Sendable {
    /// Called once per request, when its head is whole and before any byte of its body is used.
    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan

    /// The answer to a request that broke a rule of HTTP, or a limit; the connection is closed
    /// after it. Its status should be `failure.status`. `start` is what it seems to have been for.
    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer
}

/// What is to be done with a request.
package enum Plan: Sendable {
    /// Answer at once. A body of at most 64 KiB is read and dropped so that the connection can
    /// go on; with a longer one it is closed after the answer.
    case answer(Answer)

    /// Read the whole body, at most `limit` bytes, then ask `then` what is to be done.
    ///
    /// A longer body is refused with `RequestFailure.bodyTooLarge`: at once when its length is
    /// announced, and before `100 Continue` was sent. `then` runs on the event loop. What it returns has
    /// no body to read any more: a `Forwarding` has it in `body`, and no other plan reads.
    case read(limit: Int, then: @Sendable (ReceivedRequest) async -> Plan)

    /// Decide later: the closure runs on the event loop, and no byte of the body is read
    /// meanwhile.
    case prepare(@Sendable (RequestHead) async -> Plan)

    /// Send it on to an upstream, and the answer back, streaming both ways.
    case forward(Forwarding)

    /// For CONNECT: connect to an upstream, and let bytes go both ways.
    case tunnel(Tunnel)

    /// For CONNECT: speak TLS here, in the place of the host that was asked for.
    case intercept(Interception)
}

extension Plan {
    /// Reads the whole body as ``read(limit:then:)`` does, and answers.
    package static func readAndAnswer(
        limit: Int, _ answer: @escaping @Sendable (ReceivedRequest) async -> Answer
    ) -> Plan {
        .read(limit: limit) { request in .answer(await answer(request)) }
    }
}
