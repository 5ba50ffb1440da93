/// A request to be sent on, and what becomes of its answer.
///
/// The transport adds to the head what frames the body, as the client framed it or, where it was read
/// before, with its length, and nothing else:
/// `Expect` is never passed on (`100 Continue` is sent by the transport, once the upstream is
/// connected), nor is `Connection`. Of the answer, fields that end at this hop are removed; the
/// others, `Server` and `Date` among them, pass. The request is sent once; only a safe one without
/// a body is sent again, when a kept connection turns out to be closed before any answer.
package struct Forwarding: Sendable {
    package var upstream: Upstream
    /// The request line and the fields, without those of framing, not finished.
    package var head: HeadWriter
    /// The body, where all of it was read before (`Plan.read`); nil where it comes from the client.
    package var body: [UInt8]?
    /// How long the upstream may take to the first byte; nil for the upstream's own limit.
    package var firstByte: Duration?
    /// Whether the answer may turn the connection into a tunnel. The head must ask for it then, with
    /// `WebSocketUpgrade.fields`.
    package var switching: Switching
    /// What changes in the head of the final answer; nil for nothing. On the event loop.
    package var onHead: (@Sendable (ResponseHead) -> HeadEdit)?
    /// What takes the place of the final answer, before any of it goes to the client; nil for the
    /// answer itself. Asked before `onHead`, on the event loop.
    package var replacing: (@Sendable (ResponseHead) -> Replacement?)?
    /// The answer when the upstream gives none, and nothing has been sent yet; nil for one
    /// without a body. On the event loop.
    package var onFailure: (@Sendable (UpstreamFailure) -> Answer)?
    /// Asked for each piece of either body, with the number of its bytes, before it goes on: nil lets it
    /// pass, an answer takes the place of one that has not begun, and cuts one off that has. On the
    /// event loop.
    package var onData: (@Sendable (Int) -> Answer?)?
    /// The same, asked while pieces of either body pass, at most once a second, with the number of the bytes
    /// that have passed. On the event loop.
    package var withdrawn: (@Sendable (Int) -> Answer?)?
    /// Called exactly once, when all is over. On the event loop.
    package var onEnd: (@Sendable (ForwardingEnd) -> Void)?

    package init(
        to upstream: Upstream, head: HeadWriter, body: [UInt8]? = nil,
        firstByte: Duration? = nil,
        switching: Switching = .refused,
        onHead: (@Sendable (ResponseHead) -> HeadEdit)? = nil,
        replacing: (@Sendable (ResponseHead) -> Replacement?)? = nil,
        onFailure: (@Sendable (UpstreamFailure) -> Answer)? = nil,
        onData: (@Sendable (Int) -> Answer?)? = nil,
        withdrawn: (@Sendable (Int) -> Answer?)? = nil,
        onEnd: (@Sendable (ForwardingEnd) -> Void)? = nil
    ) {
        self.upstream = upstream
        self.head = head
        self.body = body
        self.firstByte = firstByte
        self.switching = switching
        self.onHead = onHead
        self.replacing = replacing
        self.onFailure = onFailure
        self.onData = onData
        self.withdrawn = withdrawn
        self.onEnd = onEnd
    }
}

/// What an answer of 101 means.
package enum Switching: Sendable, Equatable {
    /// A fault: nobody asked for it.
    case refused
    /// When it grants WebSocket, bytes go both ways from then on, until one side closes or is
    /// silent for as long as the upstream's `idle`.
    case webSocket
}

/// What is done instead of sending on an answer.
package enum Replacement: Sendable {
    case answer(Answer)
    /// The request is planned anew, with its body. Only one without a body can be, or with one of
    /// at most `mostKept` bytes whose length was told: any other is gone once it was sent, and the
    /// client is told 502 then.
    case plan(@Sendable () async -> Plan)

    /// Bytes of a body that are kept for a second plan.
    package static let mostKept = 64 << 10
}

/// Changes to the fields of an answer on its way to the client.
package final class HeadEdit: Sendable {
    /// The only fields that pass; nil for all. Those that frame the answer are not concerned.
    package let keep: FieldSet?
    package let remove: [FieldName]
    package let add: [(name: FieldName, value: String)]
    /// What the body goes through; nil leaves it, and its length, as they are.
    package let transform: (any BodyTransform)?
    /// Whether there is a `transform`, asked without a copy of it.
    let transforms: Bool

    package init(
        keep: FieldSet? = nil, remove: [FieldName] = [],
        add: [(name: FieldName, value: String)] = [],
        transform: (any BodyTransform)? = nil
    ) {
        self.keep = keep
        self.remove = remove
        self.add = add
        self.transform = transform
        transforms = transform != nil
    }

    package static let none = HeadEdit()
}

/// How a forwarded request ended.
package enum ForwardingEnd: Sendable, Equatable {
    /// The answer went out whole.
    case complete
    /// Something else took the place of the answer, or of the rest of it.
    case replaced
    /// The upstream failed; the client was told so, or cut off.
    case upstream(UpstreamFailure)
    /// The client closed or reset its connection.
    case clientGone
    /// The client stopped sending, or taking, for too long.
    case clientTimeout
    /// The client's body broke a rule of HTTP.
    case refused(RequestFailure)
}
