import COpenSSL
import Glibc

/// The sockets of this process, for the one that takes its place: offered on a Unix socket of mode 0600, and
/// given to processes of the same user alone.
package struct SocketOffer: Sendable {
    package let descriptor: Int32

    /// Refused: a path that is too long, and a folder that is not there or may not be written to.
    package init(at path: String) throws(CryptoError) {
        let result = unsafe ocmgate_offer(path)
        guard result >= 0 else {
            let reason =
                -result == ENAMETOOLONG
                ? "is \(path.utf8.count) bytes long, and a socket's path may have \(Self.longest)"
                : "\(FileBytes.Failure(number: -result))"
            throw CryptoError("offer sockets", "\(path): \(reason)")
        }
        descriptor = result
    }

    /// `sockaddr_un.sun_path` (unix(7)), without the zero behind it.
    private static let longest = 107

    /// The next who comes; nil when nobody does. It may not want anything: see `SocketLine.hear`.
    package func asker() -> SocketLine? {
        let peer = ocmgate_asker(descriptor)
        return peer < 0 ? nil : SocketLine(peer)
    }

    /// Asks the process that offers at this path. Nil when there is none, or it gives nothing.
    package static func ask(at path: String) -> (sockets: [ListeningSocket], line: SocketLine)? {
        let most = Int(ocmgate_most_descriptors)
        var descriptors = [Int32](repeating: -1, count: most)
        var count: Int32 = 0
        let peer = unsafe descriptors.withUnsafeMutableBufferPointer { list in
            unsafe ocmgate_ask(
                path, SocketLine.Word.asks.rawValue, list.baseAddress, Int32(most), &count)
        }
        guard peer >= 0 else { return nil }
        let sockets = descriptors.prefix(Int(count)).compactMap { ListeningSocket($0) }
        return (sockets, SocketLine(peer))
    }
}

/// One end of the line between a process that offers its sockets and the one that asks for them; it is
/// closed with the last reference, which the other end hears.
package final class SocketLine: Sendable {
    private let descriptor: Int32

    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// What is said on it.
    package enum Word: UInt8, Sendable {
        /// Give me the sockets.
        case asks = 0x41
        /// I serve: everything that could fail has not.
        case serves = 0x53
        /// It took too long: I go on myself, so let the state go.
        case goesOn = 0x47
        /// I have heard that, and do not serve, whatever I said before.
        case yields = 0x59
    }

    /// The next word of the other end; nil when it closes, says something else, or nothing for so long. The
    /// thread waits meanwhile.
    package func hear(withinMilliseconds time: Int32) -> Word? {
        UInt8(exactly: ocmgate_hear(descriptor, time)).flatMap(Word.init(rawValue:))
    }

    /// Ends the line at both ends: who waits for a word hears that there is none.
    package func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// False when nobody hears it.
    @discardableResult
    package func say(_ word: Word) -> Bool { ocmgate_say(descriptor, word.rawValue) == 0 }

    /// Ends the process at the other end, whatever it is doing; false when there is none any more, or it is
    /// this one.
    @discardableResult
    package func endOther() -> Bool { ocmgate_end_peer(descriptor) != 0 }

    /// Gives the descriptors to the other end; false when it has not got them all.
    package func give(_ descriptors: [Int32]) -> Bool {
        unsafe descriptors.withUnsafeBufferPointer { list in
            unsafe ocmgate_give(descriptor, list.baseAddress, Int32(clamping: list.count)) == 0
        }
    }
}
