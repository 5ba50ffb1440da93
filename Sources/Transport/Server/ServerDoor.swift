import Synchronization

/// A listener's way in: the terms on which its next connection is accepted. They may change while it
/// listens; a connection ends under those that it began with.
final class ServerDoor: Sendable {
    private let current: Mutex<ServerSite>

    init(_ site: ServerSite) { current = Mutex(site) }

    var site: ServerSite { current.withLock { $0 } }

    func change(to site: ServerSite) { current.withLock { $0 = site } }
}
