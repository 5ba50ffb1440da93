import NIOCore

/// A request on its way to an upstream, and its answer on its way back.
final class Passage {
    let forwarding: Forwarding
    let method: Method
    let framing: BodyFraming
    let purpose: Purpose
    var dial: UpstreamDial?
    var connection: UpstreamConnection?
    /// How the answer's body goes out; nil while no head of it has gone.
    var answer: AnswerHead.Framing?
    /// Where the answer begins in what waits to be sent; nil once some of it may have gone.
    var answerStart: Int?
    /// What the answer's body goes through.
    var transform: TransformBox?
    /// What was used of a small body, for a second plan; nil when there can be none.
    var kept: ByteBuffer?
    /// What a body that was read before has of what bodies may take.
    var share: BodyShare?
    var requestBytes = 0
    var responseBytes = 0
    /// When it is asked next whether it may go on; nil before the first piece of a body.
    var nextLook: LoopTime?

    /// What it takes of what its client may have at once.
    var place: Place?

    /// What the upstream is connected for.
    enum Purpose { case exchange, tunnel }

    /// Each connection of a client may have one request on its way to an upstream. Further ones, which
    /// only HTTP/2 and trusted proxies have, are counted over all connections of the client.
    enum Place { case connection, share(IPAddress), uncounted }

    init(_ forwarding: consuming Forwarding, _ head: RequestHead) {
        purpose = .exchange
        let read = forwarding.body
        if read == nil, forwarding.replacing != nil,
            case .length(1...Replacement.mostKept) = head.body
        {
            kept = ByteBuffer()
        }
        self.forwarding = forwarding
        method = head.method
        framing = read.map { .length($0.count) } ?? head.body
    }

    /// Nothing is said to the upstream but what the client says.
    init(_ tunnel: Tunnel, _ head: RequestHead) {
        purpose = .tunnel
        forwarding = Forwarding(
            to: tunnel.upstream, head: HeadWriter(reserving: 0), onFailure: tunnel.onFailure)
        method = head.method
        framing = .none
    }
}
