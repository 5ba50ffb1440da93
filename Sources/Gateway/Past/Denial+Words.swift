import Federation
import HTTPSignatures

/// Refusals that advice tells apart afterwards by their words: how they are made, and how the words are known again.
extension Denial {
    /// A secret or a code of a share that is over.
    init(_ code: DenialCode, over share: some CustomStringConvertible) {
        self.init(code, "\(Self.begin)\(share)\(Self.over)")
    }

    /// A secret, a code or a token of a share whose secret the backend refuses.
    init(
        _ code: DenialCode, refusedOf share: some CustomStringConvertible, retryAfter: Int? = nil
    ) {
        self.init(code, "\(Self.refused)\(share)", retryAfter: retryAfter)
    }

    /// The calendar, room or board of a peer, which the backend could never ask for.
    init(unreadableOf peer: PeerHost) {
        self.init(.protocolNotSupported, "what an application of \(peer) shares\(Self.unreadable)")
    }

    /// The code of a share, shown by a peer that the share is not for.
    init(codeOf share: ShareRecord, _ standing: ShareStanding) {
        let end =
            switch standing {
            case .active: ""
            case .ended, .expired: Self.andOver
            }
        self.init(.invalidGrant, "\(Self.codeOf)\(share.id)\(Self.another)\(share.peer)\(end)")
    }

    /// A message signed at a time of which nobody knows any more what had come: the clock was set back,
    /// or the state is new or an old copy. One that is signed anew, by a clock like the signer's, is taken
    /// once that time is over; nobody is told to wait for more than an hour.
    init(created: Int, unknownBefore floor: Int) {
        func date(_ seconds: Int) -> String { HTTPDate.text(seconds) ?? "\(seconds)" }
        self.init(
            .storeUnavailable, "created \(date(created))\(Self.unknown)\(date(floor))",
            retryAfter: min(floor - created + 1, 3600))
    }

    /// The permanent secret of a share whose peer was given a code for it, which it exchanges where the share
    /// demands that.
    init(
        _ code: DenialCode, replacedOf share: some CustomStringConvertible, demandsToken: Bool
    ) {
        let detail = "\(Self.replaced)\(share), for which there is a code"
        guard !demandsToken else {
            self.init(code, detail)
            return
        }
        self.init(
            code, hint: "This secret was replaced; use the one that came with the share.",
            detail)
    }

    /// Data for which no token was asked, since that was refused: the block that did so has said nothing of the
    /// data.
    init(_ denial: Denial, ofExchange decision: String, retryAfter: Int?) {
        self.init(
            denial.code,
            ruling: Ruling(
                name: denial.disclosedCode, status: denial.ruling?.status,
                hint: denial.ruling?.hint),
            "\(Self.exchange)\(decision): \(denial.detail)", retryAfter: retryAfter)
    }

    /// The decision on the exchange that was refused, where a refusal's words say so.
    static func refusedExchange(_ detail: String?) -> Substring? {
        guard let detail, detail.hasPrefix(exchange) else { return nil }
        return detail.dropFirst(exchange.count).prefix { $0 != ":" }
    }

    /// A signature of a standard that `signature.accept` leaves out.
    init(notAccepting standard: String) {
        self.init(.generation, standard + Self.notAccepted)
    }

    static let notAccepted = " is not in signature.accept"

    static func isReplaced(_ detail: String?) -> Bool {
        detail?.hasPrefix(replaced) ?? false
    }

    /// Whether a refusal's words say so.
    static func isOver(_ detail: String?) -> Bool {
        guard let detail else { return false }
        return detail.hasPrefix(begin) && detail.firstRange(of: over) != nil
    }

    /// Whether a refusal's words say that the backend refuses the secret.
    static func isRefused(_ detail: String?) -> Bool {
        detail?.hasPrefix(refused) ?? false
    }

    /// Whether a refusal's words say that nobody could read it.
    static func isUnreadable(_ detail: String?) -> Bool {
        detail?.hasSuffix(unreadable) ?? false
    }

    /// Since when it is known what had come, where a refusal's words say so.
    static func knownSince(_ detail: String?) -> Substring? {
        guard let detail, let words = detail.firstRange(of: unknown) else { return nil }
        return detail[words.upperBound...]
    }

    /// The share that a refusal's words say so of, and whether it is over; nil for others.
    static func shareOfAnother(_ detail: String?) -> (share: Substring, isOver: Bool)? {
        guard let detail, detail.hasPrefix(codeOf), let end = detail.firstRange(of: another) else {
            return nil
        }
        return (
            detail[..<end.lowerBound].dropFirst(codeOf.count), detail.hasSuffix(andOver)
        )
    }

    private static let exchange = "no token was asked for, by decision "
    private static let unknown = ", nothing is known from before "
    private static let codeOf = "the code of share "
    private static let another = ", which is of "
    private static let andOver = ", and over"
    private static let replaced = "the permanent secret of share "
    private static let refused = "the backend refuses the secret of share "
    private static let unreadable = ", for which egress.other does not open the way"
    private static let begin = "share "
    private static let over = " is over"
}

/// Words of refusals that are made where they are thrown.
extension Denial {
    static let toOwnSite = "from the backend to its own site"
    static let ownersAlone = "the backend reads of a share its owner's host alone"
    static let notAsked = "has not asked"
    static let notByPrefix = "the gateway's own address belongs into Host here"
    static let noAdmittedPeer = "which is no admitted peer"
    static let inURI = "in a URI"
    static let pagesClosed = "pass = \"ocm\""
    static let ownByPrefix = "the site itself needs no prefix"
    static let otherPort = " names the port of "
    static let otherServer = " is at another server, "
    static let noClient = " is none of egress.clients"
    static let otherName = "the handshake names another host than CONNECT"
}
