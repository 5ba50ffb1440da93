import Dispatch
import Federation
import HTTPSignatures
import OpenSSL
import Synchronization
import Transport

/// The gateway: everything that its phases need, put together once.
///
/// The only place where decisions meet sockets and the store. What can change while it runs, the
/// policy and what the backend says of itself, is a snapshot that is swapped; a message ends under
/// the one it began with.
package final class Gateway: Sendable {
    let configuration: Configuration
    let site: Site
    let environment: Environment
    let backend: BackendServer
    let backendPlaces: BackendPlaces
    let policy: PolicyHolder
    /// What the policy's downloaded lists say.
    let lists: ListKeeper
    /// Which policy is judged beside it.
    let candidateFile: CandidateFile
    /// What the candidate's own ones say; nil where no candidate can be.
    let candidateLists: ListKeeper?
    let keys: KeyHolder
    let peers: PeerDirectory
    /// Everything that goes to peers goes through here, under the address guard.
    let outbound: OutboundClient
    let store: Store
    let orders: OrderBox
    let registry: ShareRegistry
    let replays: ReplayCache
    let pins: PinBook
    let pastKeys: PastKeys
    let generations: PeerGenerations
    /// The newest generations in which peers took what we signed.
    let accepted: PeerGenerations
    let contacts: ContactBook
    /// Peers that wait for a person.
    let holds: HoldBook
    let sender: PeerSender
    let sealer: TokenSealer
    let published: PublishedDocuments
    let log: GatewayLog
    let journal: JournalKeeping
    let underWay: UnderWay
    /// What `Via` calls us; a request that carries it has come in a loop.
    let pseudonym: String
    /// What `Via` says of us (RFC 9110, section 7.6.3).
    let via: String
    /// Judges where the backend wants to go; nil without `[egress]`.
    let gate: EgressGate?
    /// The same, which there always is, for the host that somebody names who has not logged in.
    let gateOfStrangers: EgressGate
    /// Names secrets in the log without telling them.
    let fingerprint: HMACKey
    let signatureProfile: SignatureProfile
    let cavageProfile: CavageProfile
    let keyRequirements: KeyRequirements
    let openedTokens = OpenedTokens()
    let doubtedShares = DoubtedShares()
    /// The data of peers' shares that the backend asked for lately.
    let dataShares = DataShares()
    /// Access tokens that peers gave us.
    let tokens: TokenClient
    /// Exchanges at the token endpoint, by share, so that a peer may have as many as its shares need. Servers
    /// of the reva family exchange on every operation: 200 at once is a folder that is opened, ten in a
    /// second a client that works through one. Beyond it a share only costs us writes to the store.
    let exchanges = TokenBuckets(perMinute: 600, burst: 200)
    /// Codes at the token endpoint that open nothing, by who may be guessing.
    let guesses = TokenBuckets(perMinute: 600, burst: 200)
    /// Codes that were never seen, by the peer that asks. Each costs the backend a request,
    /// which it may count as a guess and slow all down for. 20 at once are the shares that a peer
    /// opens again after the gateway has come; nobody guesses 190 bits at ten in a minute.
    let unknownCodes = TokenBuckets(perMinute: 10, burst: 20)
    /// Codes that the backend is asked about at the moment, by fingerprint.
    let learning = SingleFlight<String, Denial?>()
    let resolution: PeerResolution
    /// Shares that are being recorded on their way in.
    let drafts = Turns<Offered>()
    /// Shares that are being recorded on their way out.
    let recordings = SingleFlight<String, Result<RecordedShare, Denial>>()
    /// Shares that are being sent.
    let deliveries = SingleFlight<ShareID, Result<PeerAnswer, Denial>>()
    /// Shares of the backend's that have no answer yet.
    let offersOut = OffersInHand()
    /// Shares of peers that have no answer yet.
    let offersIn = OffersInHand()
    /// Reshares that peers have asked for, and the backend is making.
    let reshares = ResharesInHand<PeersReshare>()
    /// Reshares that people of this site have asked for, and peers are making.
    let ownReshares = ResharesInHand<OwnReshare>()
    let delivered = DeliveredShares()
    /// Messages whose failed signatures are looked into, when there is time.
    let nearMisses = NearMissQueue()
    /// On which policies are read, one after the other: proving one may take seconds, and neither an
    /// event loop nor the threads that messages are judged on wait for it.
    let policyQueue = DispatchQueue(label: "ocmgate-policy", qos: .utility)
    /// What commands ask of the one that runs the gateway, who sets it.
    let steering = Mutex<Steering?>(nil)
    /// What it goes by, for whoever looks after it.
    let serviceStatus = ServiceStatus()
    /// Whose turn it is to read files again: an order's, or a signal's.
    let reading = Turns<FileReading>()

    package init(_ parts: Parts) {
        configuration = parts.configuration
        site = parts.site
        environment = parts.environment
        backend = parts.backend
        backendPlaces = BackendPlaces(
            host: parts.backend.head.host, url: parts.configuration.backend.url,
            origin: parts.site.origin)
        policy = parts.policy
        lists = parts.lists
        candidateFile = parts.candidateFile
        candidateLists = parts.candidateLists
        keys = parts.keys
        peers = parts.peers
        outbound = parts.outbound
        store = parts.store
        orders = parts.orders
        registry = parts.registry
        replays = parts.replays
        pins = parts.pins
        pastKeys = parts.pastKeys
        generations = parts.generations
        accepted = parts.accepted
        contacts = parts.contacts
        holds = parts.holds
        sender = parts.sender
        resolution = PeerResolution(parts.peers, for: parts.backend.kind)
        pseudonym = parts.pseudonym
        via = "1.1 " + parts.pseudonym
        let judging = EgressGate(
            parts.configuration.egress, parts.configuration.outbound, parts.site,
            parts.configuration.profile)
        gate = parts.configuration.egress == nil ? nil : judging
        gateOfStrangers = judging
        sealer = parts.sealer
        published = parts.published
        log = parts.log
        journal = parts.journal
        underWay = parts.underWay
        fingerprint = parts.fingerprint
        tokens = TokenClient(
            now: parts.environment.monotonicSeconds,
            policy: { [policy = parts.policy] in PolicyHashes(policy.current) })
        let signature = parts.configuration.signature
        let freshness = Freshness(window: signature.window, skew: signature.skew)
        let requirements = KeyRequirements(
            algorithms: Set(signature.algorithms), minimumRSABits: signature.minRSA)
        signatureProfile = SignatureProfile(freshness: freshness, keys: requirements)
        cavageProfile = CavageProfile(freshness: freshness, keys: requirements)
        keyRequirements = requirements
    }

    /// The turns by which files are read again.
    enum FileReading: Sendable {
        /// The one turn there is: to read files again.
        case again
        /// To be in line for it, as the one for all orders.
        case order
    }

    /// What only the one that runs the gateway can do.
    struct Steering: Sendable {
        /// Reads configuration and certificates again; nil when it has ended.
        var reload: @Sendable () async -> ConfigurationReload?
        /// Ends; requests in flight get so long.
        var end: @Sendable (Duration) -> Void
        /// It ends already: nothing new is fetched.
        var isEnding = false
        /// Another one takes its place, and the orders that are about what it does from then on.
        var isHandingOver = false
    }

    /// What a gateway is made of.
    package struct Parts: Sendable {
        let configuration: Configuration
        let site: Site
        let environment: Environment
        let backend: BackendServer
        let policy: PolicyHolder
        let lists: ListKeeper
        var candidateFile = CandidateFile(nil)
        var candidateLists: ListKeeper?
        let keys: KeyHolder
        let peers: PeerDirectory
        let outbound: OutboundClient
        let store: Store
        let orders: OrderBox
        let registry: ShareRegistry
        let replays: ReplayCache
        let pins: PinBook
        let pastKeys: PastKeys
        let generations: PeerGenerations
        let accepted: PeerGenerations
        let contacts: ContactBook
        let holds: HoldBook
        let sender: PeerSender
        let pseudonym: String
        let sealer: TokenSealer
        let published: PublishedDocuments
        let log: GatewayLog
        let journal: JournalKeeping
        let underWay: UnderWay
        let fingerprint: HMACKey
    }
}
