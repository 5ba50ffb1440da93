package import Federation

/// The words under which log and journal file what came or went: the `kind` of a decision.
package enum RecordedKind: String, Sendable, CaseIterable {
    case shares
    case notifications
    case inviteAccepted = "invite-accepted"
    case requestShare = "request-share"
    case token
    case ocs
    case webdav
    /// A tunnel of the backend's.
    case egress
    /// Below the path of the endpoints, and none of them.
    case ocm
    /// Whatever else was refused: no HTTP, another host, a page.
    case request

    /// The word for the messages that the policy calls so.
    package init(_ kind: MessageKind) {
        self =
            switch kind {
            case .share: .shares
            case .notification: .notifications
            case .invite: .inviteAccepted
            case .token: .token
            case .webdav: .webdav
            case .requestShare: .requestShare
            case .ocs: .ocs
            }
    }

    /// What somebody asks for: a word of the journal, or one of the policy (`share`, `share.in`), which may
    /// name the way too and means what the policy judged so: the backend may have said it in the older API.
    /// Nil for any other text.
    package static func asked(
        _ text: String
    ) -> (kind: RecordedKind, judged: MessageKind?, direction: Direction?)? {
        if let kind = RecordedKind(rawValue: text) { return (kind, nil, nil) }
        if let kind = MessageKind(rawValue: text) { return (RecordedKind(kind), kind, nil) }
        return Occasion(text).map { (RecordedKind($0.kind), $0.kind, $0.direction) }
    }
}
