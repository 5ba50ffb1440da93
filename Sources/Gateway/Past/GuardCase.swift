import Federation
import Transport

/// What a refusal by a guard is about, where its code alone does not tell: a fault of the peer's on
/// one way is one of the backend's on the other.
struct GuardCase {
    let code: DenialCode
    /// The way that the message went; nil for both.
    var way: Direction?
    /// Part of the detail; nil for whatever it says.
    var says: String?
    /// What is told of it, for people.
    let words: String
    /// A command about the peer, without the peer.
    var command: String?

    func fits(_ code: DenialCode, _ way: Direction?, _ detail: String?) -> Bool {
        code == self.code && (self.way == nil || way == self.way)
            && says.map { detail?.contains($0) ?? false } ?? true
    }

    /// The first that fits is told.
    static let all = messages + access + egress + peers + fetches

    private static let messages = [
        GuardCase(
            code: .senderMismatch, way: .outbound,
            words: "the public URL in the backend's own configuration has to be that of this site "
                + "(overwrite.cli.url of Nextcloud and ownCloud), or site.aliases has to name its host"
        ),
        GuardCase(
            code: .senderMismatch, says: Denial.toOwnSite,
            words:
                "see who makes the backend send this: to its own site it speaks for its own people alone; "
                + "if the host is another name of this site, site.aliases has to hold it"),
        GuardCase(
            code: .senderMismatch, says: Denial.ownersAlone,
            words:
                "the owner has to share it: this backend cannot be told of a third party who does"
        ),
        GuardCase(
            code: .senderMismatch, way: .inbound, says: Denial.notAsked,
            words:
                "nobody of this site asked the peer for it through this gateway, of a share that it "
                + "knows: without that no peer shares in the name of anybody here"),
        GuardCase(
            code: .notDelivered, way: .outbound,
            words:
                "the peer refused it, or gave no answer that can be read (the detail says which): "
                + "its operator finds more in its log", command: "peer probe"),
        GuardCase(
            code: .misdirected, says: Denial.notByPrefix,
            words:
                "see how the backend is set up to go out: what it asks for below /egress/ has the "
                + "address of egress.listen in Host, and no name of a site"),
        GuardCase(
            code: .misdirected, way: .outbound,
            words: "see where the backend, or a proxy behind it, sends this: the message is for "
                + "another host than the one that it was sent to (the detail says which)"),
        GuardCase(
            code: .notAllowed, says: Denial.noAdmittedPeer,
            words:
                "messages and shared data go to peers alone, whatever egress.other names: if it is "
                + "a partner, an entry in an own list of the policy makes it one"),
        GuardCase(
            code: .notFound, says: Denial.pagesClosed,
            words:
                "pages and sync clients are let through where backend.pass is \"all\" (config.toml)"
        ),
    ]

    private static let access = [
        GuardCase(
            code: .secretRefused, way: .outbound, says: Denial.inURI,
            words:
                "no secret of a share goes into a URL of another server: what asks for one there "
                + "does without (remote activity, which Nextcloud tells the receivers of a share)"),
        GuardCase(
            code: .secretRefused, way: .outbound,
            words:
                "the backend shows what is no secret of a share that it received: take the mount "
                + "away there, and have the share made anew"),
        GuardCase(
            code: .invalidGrant, way: .outbound,
            words: "the peer says that its code is over: its owner shares it anew, or the peer's "
                + "operator sees in its log what became of the share", command: "peer probe"),
        GuardCase(
            code: .unauthorizedClient, way: .outbound,
            words: "the peer takes no codes from this site: its operator must say why, and let it "
                + "exchange them (the detail has its answer)", command: "peer probe"),
    ]

    private static let egress = [
        GuardCase(
            code: .egressAddress, says: refusedAddress,
            words:
                "the name leads to an address that is not public: see what the DNS says here; if "
                + "the address is meant, outbound.allow_private names the networks that servers may "
                + "be in"),
        GuardCase(
            code: .egressRefused, says: Denial.ownByPrefix,
            words:
                "see how the backend is set up to go out: it is to reach its own site by the URL "
                + "of the site, without /egress/"),
        GuardCase(
            code: .egressRefused, says: Denial.noClient,
            words:
                "only what stands in egress.clients uses the way out: if the backend speaks from that "
                + "address, name it there"),
        GuardCase(
            code: .egressRefused, says: Denial.otherName,
            words: "see what stands between the backend and the gateway: the name in the "
                + "handshake (SNI) has to be the one that CONNECT names"),
        GuardCase(
            code: .egressRefused, says: Denial.otherPort,
            words: "the peer has to be at 443 or at its own port with all that it names; in a lab, "
                + "outbound.resolve names the other port"),
    ]

    private static let fetches = fetch(.peerUnavailable) + fetch(.keyUnavailable)

    private static func fetch(_ code: DenialCode) -> [GuardCase] {
        [
            GuardCase(
                code: code, says: PeerDirectory.tooMany,
                words: "it was too much at once here, not at the peer: what is sent again is tried"),
            GuardCase(
                code: code, says: FetchFailure.notDialled,
                words: "see what the DNS says of the name here; if the address is meant, "
                    + "outbound.allow_private names the networks that servers may be in"),
        ]
    }

    private static let peers = [
        GuardCase(
            code: .peerUnavailable, says: Denial.otherServer,
            words:
                "the peer's operator has to name an endPoint at its own host, or below it; where both "
                + "are one server, one entry of a list that lets both in says so",
            command: "discover")
    ]

    private static let refusedAddress = ": address_refused "
}
