import COpenSSL

/// The sockets of this process, for the one that takes its place: offered on a Unix socket of mode 0600, and
/// given to processes of the same user alone.
package struct SocketOffer: Sendable {
    package let descriptor: Int32

    /// Refused: a path that is too long, and a folder that is not there or may not be written to.
    package init(at path: String) throws(CryptoError) {
        let result = unsafe ocmgate_offer(path)
        guard result >= 0 else {
            throw CryptoError("offer sockets", "\(path): error \(-result)")
        }
        descriptor = result
    }

    /// Somebody who asks.
    package struct Asker: Sendable { fileprivate let descriptor: Int32 }

    /// The next who asks; nil when nobody does. It waits to be given something.
    package func asker() -> Asker? {
        let peer = ocmgate_asker(descriptor)
        return peer < 0 ? nil : Asker(descriptor: peer)
    }

    /// Gives the descriptors to one who asked; false when it has not got them.
    package func give(_ descriptors: [Int32], to asker: Asker) -> Bool {
        unsafe descriptors.withUnsafeBufferPointer { list in
            unsafe ocmgate_give(asker.descriptor, list.baseAddress, Int32(clamping: list.count))
                == 0
        }
    }

    /// Asks the process that offers at this path. Nil when there is none, or it gives nothing.
    package static func ask(at path: String) -> [ListeningSocket]? {
        let most = Int(ocmgate_most_descriptors)
        var descriptors = [Int32](repeating: -1, count: most)
        let count = unsafe descriptors.withUnsafeMutableBufferPointer { list in
            unsafe Int(ocmgate_ask(path, list.baseAddress, Int32(most)))
        }
        guard count > 0 else { return nil }
        return descriptors.prefix(count).compactMap { ListeningSocket($0) }
    }
}
