import NIOCore

/// Whom an upstream connection works for: it gets the answer as it comes.
///
/// After `upstreamEnded` or `upstreamFailed` it hears nothing more.
protocol AnswerReceiver: AnyObject {
    /// The connection stands, and waits for the request.
    func upstreamReady(_ connection: UpstreamConnection)
    func upstreamAnswered(_ head: ResponseHead)
    func upstreamSent(_ body: ByteBuffer)
    /// The answer is whole. The connection is no longer the receiver's.
    func upstreamEnded()
    /// There will be no answer, or no more of it.
    func upstreamFailed(_ failure: UpstreamFailure, reply: RetryRule.Reply)
    /// The connection takes bytes again.
    func upstreamDrained()
    /// No more comes in this turn of the loop: the time to flush.
    func upstreamPaused()
    /// Whether part of the request is still to come, which a server need not wait for to be no silent one.
    var owesBody: Bool { get }
    /// Whether more of the answer can be taken now; see `UpstreamConnection.resume`.
    var takesMore: Bool { get }
    /// For whom the upstream is asked; one that wants to know is told (`Upstream.Announcement`).
    var askedFor: ProxyHeader { get }
}
