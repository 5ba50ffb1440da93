#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes of open files, read into the array that they stay in.
package enum FileBytes {
    /// What the system says when it does not read (`errno`).
    package struct Failure: Error, CustomStringConvertible {
        package let number: CInt

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
}

/// `read` of the system, which has the same name as ours.
private func readSome(_ file: CInt, _ room: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    unsafe read(file, room, count)
}
