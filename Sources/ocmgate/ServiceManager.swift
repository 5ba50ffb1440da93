import Dispatch
import Federation
import Foundation
import OpenSSL

/// The program that started this one and looks after it: systemd, or one that speaks its protocols
/// (`sd_notify(3)`, `sd_listen_fds(3)`, `sd_watchdog_enabled(3)`). Without one, everything here does nothing.
struct ServiceManager {
    private let notices: String?
    private let environment: [String: String]
    /// How long it waits for a sign of life before it ends us; nil when it waits for none.
    private let patience: Duration?

    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.environment = environment
        notices = environment["NOTIFY_SOCKET"]
        let isWatched = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
        let limit = isWatched ? environment["WATCHDOG_USEC"].flatMap(Int64.init) : nil
        patience = limit.map { .microseconds($0) }
    }

    /// The sockets that it has opened for us.
    ///
    /// Refused: numbers that cannot be read, and descriptors that are no listening sockets.
    func sockets() throws -> [ListeningSocket] {
        guard environment["LISTEN_PID"].flatMap(Int32.init) == getpid() else { return [] }
        guard let count = environment["LISTEN_FDS"].flatMap(Int32.init), (0...1024).contains(count)
        else { throw CommandFailure("LISTEN_FDS is not a number of sockets") }
        return try (Self.first..<Self.first + count).map { descriptor in
            guard let socket = ListeningSocket(descriptor) else {
                throw CommandFailure(
                    "descriptor \(descriptor), from the service manager, does not listen; "
                        + "ListenStream= in the unit of the socket, with Accept=no")
            }
            return socket
        }
    }

    /// Its start goes on, and does something that takes long: it is waited for a minute from now on, where what
    /// it has for a start (`TimeoutStartSec=`) is over.
    func starts(by work: String) {
        tell("STATUS=\(work)\nEXTEND_TIMEOUT_USEC=\(Self.untilNextWord * 1_000_000)")
    }

    /// It serves, or serves again.
    ///
    /// - Parameter status: what it goes by, in one line, for `systemctl status`.
    func ready(_ status: String) { tell("READY=1\nSTATUS=\(status)") }

    /// It goes by something else.
    func goes(by status: String) { tell("STATUS=\(status)") }

    /// It reads its files again; `ready` follows.
    func reloading() {
        tell("RELOADING=1\nMONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)")
    }

    /// It lives: told twice in the time that the manager waits (`WatchdogSec=`), each time once `answer` has
    /// returned, until what it returns is signalled; nil where nobody waits for it.
    ///
    /// On a thread of its own: those of tasks, as many as there are cores, wait for files whose disk hangs.
    func watch(_ answer: @escaping @Sendable () -> Void) -> DispatchSemaphore? {
        guard let patience, patience > .zero else { return nil }
        let end = DispatchSemaphore(value: 0)
        let thread = Thread {
            repeat {
                answer()
                tell("WATCHDOG=1")
            } while end.wait(timeout: .now() + patience.inSeconds / 2) == .timedOut
        }
        thread.name = "ocmgate-alive"
        thread.start()
        return end
    }

    /// It ends; requests in flight get `grace`.
    func stopping(_ grace: Duration) {
        let microseconds = (grace.components.seconds + Self.afterGrace) * 1_000_000
        tell("STOPPING=1\nEXTEND_TIMEOUT_USEC=\(microseconds)")
    }

    private func tell(_ text: String) {
        if let notices { ServiceNotice.send(text, to: notices) }
    }

    /// Seconds for what comes after the requests: the last records of the journal and the state.
    private static let afterGrace: Int64 = 15
    /// Seconds, four times those after which a start that goes on says so again.
    private static let untilNextWord: Int64 = 60
    /// `SD_LISTEN_FDS_START`
    private static let first: Int32 = 3
}
