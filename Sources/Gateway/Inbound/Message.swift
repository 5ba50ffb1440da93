import Federation
import OpenSSL
import Transport

/// The messages that are judged, read.
///
/// Boxed: each phase hands it on, and a share holds very many texts.
indirect enum Message: Sendable {
    case share(Share)
    case notification(Federation.Notification)
    case inviteAccepted(InviteAccepted)
    case requestShare(RequestShare)
    case token(TokenRequest)
    case ocsShare(OCSShare)
    case ocsChange(OCSChange)

    /// Reads the body of a message.
    ///
    /// Refused: another content type than the endpoint's own (an accepted invitation has two), any content
    /// coding (it would be read by what stands behind us, and we read the bytes that came), and what the
    /// readers of Federation refuse.
    init(_ received: Received) throws(Denial) {
        try MessageQuery.check(received.query)
        guard !received.head.fields.contains(.contentEncoding) else {
            throw Denial(.unsupportedMediaType, "a message with a content coding")
        }
        switch received.kind {
        case .ocm(let endpoint):
            self = try Self.ocm(endpoint, received.body, received.mediaType)
        case .token:
            self = .token(try TokenRequest(parsing: received.body, type: received.mediaType))
        case .ocs(let call, _):
            guard received.mediaType == .form else {
                throw Denial(.unsupportedMediaType, "the older API takes forms")
            }
            self = try Self.ocs(call.action, try FormBody(parsing: received.body))
        }
    }

    static func ocm(
        _ endpoint: OCMEndpoint, _ body: [UInt8], _ type: MediaType?
    ) throws(Denial) -> Message {
        switch (endpoint, type) {
        case (.shares, .json): .share(try Share(parsing: body))
        case (.notifications, .json): .notification(try Federation.Notification(parsing: body))
        case (.inviteAccepted, let type?):
            .inviteAccepted(try InviteAccepted(parsing: body, type: type))
        case (.requestShare, .json): .requestShare(try RequestShare(parsing: body))
        case (_, .form), (_, nil):
            throw Denial(
                .unsupportedMediaType,
                "OCM messages are application/json, with no parameter but charset=utf-8")
        }
    }

    static func ocs(_ action: OCSAction, _ form: FormBody) throws(Denial) -> Message {
        switch action {
        case .share: .ocsShare(try OCSShare(form))
        case .change(let id, let verb): .ocsChange(try OCSChange(id: id, verb: verb, form))
        case .unknown: throw Denial(.notFound, "no such call of the older API")
        }
    }

    /// Whom the message names as its own side; nil for those that name only a share.
    var ownClaim: Claim? {
        switch self {
        case .share(let share): share.claim
        case .inviteAccepted(let message): message.claim
        case .requestShare(let message): message.claim
        case .token(let request): request.claim
        case .ocsShare(let share): share.claim
        case .notification, .ocsChange: nil
        }
    }

    /// The members of its body; nil for a form that goes on as one.
    var members: JSONObject? {
        switch self {
        case .share(let share): share.members
        case .notification(let notification): notification.members
        case .inviteAccepted(let message): message.members
        case .requestShare(let message): message.members
        case .token, .ocsShare, .ocsChange: nil
        }
    }

    /// The name of the share that it brings; nil for what brings none.
    var offered: ProviderID? {
        switch self {
        case .share(let share): share.providerID
        case .ocsShare(let share): share.providerID
        case .notification, .inviteAccepted, .requestShare, .token, .ocsChange: nil
        }
    }

    /// What it says of a share that there is; nil for a message that is about none, or brings one.
    var word: ShareWord? {
        switch self {
        case .notification(let notification):
            ShareWord(
                providerID: notification.providerID, type: notification.type,
                secret: notification.secret)
        case .ocsChange(let change):
            ShareWord(
                providerID: change.providerID, type: change.notificationType,
                secret: change.secret)
        case .share, .inviteAccepted, .requestShare, .token, .ocsShare: nil
        }
    }

    /// The name of the share of which it says what the owner alone can say; nil for any other message.
    var ownersWord: ProviderID? {
        word.flatMap { $0.type.comesFrom == .owner ? $0.providerID : nil }
    }

    /// In which words it says that its share is over; nil for what says nothing of the kind.
    var end: Federation.Notification.Kind? {
        word.flatMap { $0.type.endsShare ? $0.type : nil }
    }

    /// Whether its answer names the secret of a new share.
    var asksForReshare: Bool { word?.type == .requestReshare }

    /// The secrets that the message carries.
    var secrets: [Secret] {
        switch self {
        case .share(let share): share.secrets
        case .notification(let notification):
            [notification.secret, notification.webdavSecret].compactMap { $0 }
        case .inviteAccepted(let message): [message.token]
        case .requestShare: []
        case .token(let request): [request.code]
        case .ocsShare(let share): [share.secret]
        case .ocsChange(let change): [change.secret]
        }
    }
}

/// What a notification says of a share, in OCM or over the older API.
struct ShareWord {
    /// By which name it means the share.
    let providerID: ProviderID
    let type: Federation.Notification.Kind
    /// The secret by which the share is found, whoever signs; over the older API there always is one.
    let secret: Secret?
}
