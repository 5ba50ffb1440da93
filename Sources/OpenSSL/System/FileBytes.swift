#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes of open files: read into the array that they stay in, and written as far as a file takes them.
package enum FileBytes {
    /// What the system says when it does not read or write (`errno`).
    package struct Failure: Error, CustomStringConvertible {
        package let number: CInt

        /// Whether the file takes nothing now, and may later.
        package var isForNow: Bool { number == EAGAIN || number == EWOULDBLOCK }

        package var description: String { unsafe String(cString: strerror(number)) }
    }

    /// Bytes that were read before, and behind them what comes next in the file, at most `count`
    /// bytes; nothing more at its end.
    package static func read(
        _ file: CInt, _ count: Int, after kept: Span<UInt8>
    ) throws(Failure) -> [UInt8] {
        var failure: Failure?
        let bytes = unsafe kept.withPointer { start, length in
            unsafe [UInt8](filling: length + max(count, 1)) { room in
                unsafe room.update(from: start, count: length)
                var got = -1
                repeat {
                    got = unsafe readSome(file, room + length, count)
                } while got < 0 && errno == EINTR
                if got < 0 { failure = Failure(number: errno) }
                return length + max(got, 0)
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes as much of `bytes` as the file takes now, and says how much that was.
    ///
    /// Thrown: what the system says, `EAGAIN` of a file that would block for one.
    package static func write(_ file: CInt, _ bytes: Span<UInt8>) throws(Failure) -> Int {
        while true {
            let count = unsafe bytes.withPointer { unsafe writeSome(file, $0, $1) }
            if count >= 0 { return count }
            if errno != EINTR { throw Failure(number: errno) }
        }
    }

    /// Writes all of `bytes`; waits where the file takes nothing now.
    package static func writeAll(_ file: CInt, _ bytes: Span<UInt8>) throws(Failure) {
        var done = 0
        while done < bytes.count {
            do throws(Failure) { done += try write(file, bytes.extracting(done...)) } catch {
                guard error.isForNow else { throw error }
                var wanted = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                // Interrupted, it is tried once more.
                _ = unsafe poll(&wanted, 1, -1)
            }
        }
    }
}

/// `read` of the system, which has the same name as ours.
private func readSome(_ file: CInt, _ room: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    unsafe read(file, room, count)
}

/// `write` of the system, which has the same name as ours.
private func writeSome(_ file: CInt, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    unsafe write(file, bytes, count)
}
