/// What log lines are about: constants, so that they can be searched for and counted. Everything
/// that varies is in the fields.
package enum LogMessage: String, Sendable, CaseIterable {
    /// One for each message of the federation, whatever became of it.
    case decision = "ocm.decision"
    /// A request that could not be read as HTTP, or whose path is malformed.
    case malformed = "request.malformed"
    /// A request outside of the federation's messages that was refused.
    case refused = "request.refused"
    /// A request for shared data that was refused.
    case dataRefused = "data.refused"
    /// A request for shared data that would have been refused, but for report mode or profile
    /// `observe`.
    case dataTolerated = "data.tolerated"
    /// The backend was not let out.
    case egressRefused = "egress.refused"
    /// The backend signs and checks signatures, which is the gateway's part.
    case backendSigns = "backend.signs"
    case backendFailed = "backend.failed"
    /// None of its places has a discovery document that can be read.
    case backendUndiscovered = "backend.undiscovered"
    /// One of them has again.
    case backendDiscovered = "backend.discovered"
    /// Connections that were refused, broken off or put off: how many since the last such line.
    case connectionsRefused = "connections.refused"
    /// It gave no answers: requests are refused at once, but for one now and then that tries it.
    case backendSuspended = "backend.suspended"
    /// It answers again.
    case backendResumed = "backend.resumed"
    case peerFetchFailed = "peer.fetch-failed"
    case peerKeyHeld = "peer.key-held"
    /// What would have made a signature verify that was refused; the refusal stands.
    case nearMiss = "signature.near-miss"
    /// A person ended a share, or its tokens.
    case shareRevoked = "share.revoked"
    /// A person said that a peer's new keys are its own.
    case peerKeysAccepted = "peer.keys-accepted"
    /// A peer that took signatures of a newer standard from us gets those of an older one.
    case peerSteppedBack = "peer.stepped-back"
    /// The start takes long, by what it does at the moment.
    case starting = "gateway.starting"
    case started = "gateway.started"
    case listening = "gateway.listening"
    /// Fewer connections than configured are accepted, for want of descriptors.
    case fewConnections = "gateway.few-connections"
    case stopping = "gateway.stopping"
    case stopped = "gateway.stopped"
    /// Another process has the sockets, and gets the state.
    case handingOver = "gateway.handing-over"
    /// That process does not serve: this one goes on, or tells why it cannot either.
    case handOverFailed = "gateway.hand-over-failed"
    /// The sockets cannot be offered to the one that takes this one's place.
    case socketsKept = "gateway.sockets-kept"
    /// A signal came that means nothing here.
    case signalIgnored = "signal.ignored"
    case reloaded = "gateway.reloaded"
    case reloadFailed = "gateway.reload-failed"
    /// Configuration and certificates were read again, and count.
    case configurationTaken = "configuration.taken"
    /// They cannot be used: the last good ones stay.
    case configurationKept = "configuration.kept"
    /// What says something else now, and counts from the next start on.
    case configurationWaits = "configuration.waits"
    case candidateTaken = "candidate.taken"
    case candidateRefused = "candidate.refused"
    /// Shared data on which the candidate says something else; messages say so in their own line.
    case candidateDiffers = "candidate.differs"
    /// How often the candidate was asked, and said something else.
    case candidateCounted = "candidate.counted"
    /// What the gateway's own keys are for.
    case keysChanged = "keys.changed"
    case keysRefused = "keys.refused"
    /// A downloaded list has other contents from now on.
    case listTaken = "list.taken"
    /// A new version of a downloaded list waits for a person.
    case listWaits = "list.waits"
    /// A downloaded list could not be fetched, or is refused; what was known of it stays.
    case listFailed = "list.failed"
    /// It could be fetched again, and is not refused.
    case listResumed = "list.resumed"
    /// Entries of an own list end soon, or have ended since yesterday.
    case listEnds = "list.ends"
    /// The state was brought to a newer schema, and is kept as it was before beside it.
    case stateMigrated = "state.migrated"
    /// The state is older than the journal: an old copy was put back.
    case stateOlder = "state.older"
    /// The disk takes nothing of the state: every message is refused.
    case storeFailed = "store.failed"
    /// It takes it again.
    case storeResumed = "store.resumed"
    /// The newest signature over the journal, for whoever keeps it elsewhere.
    case journalCheckpoint = "journal.checkpoint"
    /// That signature could not be kept beside the state; the journal itself goes on.
    case journalHeadFailed = "journal.head-failed"
    /// The clock and the days of the journal do not fit together.
    case journalClock = "journal.clock"
    /// There is so little room that refusals are only counted.
    case journalShort = "journal.short"
    /// Nothing is let through any more, because it could not be recorded.
    case journalFailed = "journal.failed"
    /// There is room again, or the disk answers again.
    case journalResumed = "journal.resumed"
    /// Somebody cut a file of the journal while it was written; it goes on.
    case journalCut = "journal.cut"
    /// A line that a crash left half written.
    case journalTorn = "journal.torn"
    /// Days that were old enough.
    case journalRemoved = "journal.removed"
    /// The people whom no day names any more.
    case journalForgotten = "journal.forgotten"
    /// They were not removed: a file of the journal has another day's name.
    case journalRenamed = "journal.renamed"
    /// They were not removed: a file is damaged, or cannot be removed.
    case journalKept = "journal.kept"
    /// The answer to a command's order could not be left.
    case orderLost = "order.lost"
    /// It may use so little memory that it is slow, or ended by the kernel.
    case memoryLittle = "memory.little"
    /// The process is near the limit of its memory.
    case memoryShort = "memory.short"
    /// It is no more.
    case memoryEnough = "memory.enough"
    case clockStepped = "clock.stepped"
    case certificateExpires = "certificate.expires"
    /// What the authority says of a certificate cannot be shown with it.
    case stapleUnusable = "certificate.staple-unusable"
    /// Lines that nobody took in time.
    case dropped = "log.dropped"
    /// Lines of one kind and reason that were too many to write.
    case suppressed = "log.suppressed"
}
