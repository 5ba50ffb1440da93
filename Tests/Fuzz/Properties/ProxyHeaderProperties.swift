import Transport

/// The reader of PROXY headers.
enum ProxyHeaderProperties {
    /// Nothing hangs on how the bytes are cut, and what was read is written and read the same.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        let whole = read(bytes[...])
        for count in cuts(bytes.count) {
            let part = read(bytes.prefix(count))
            switch (part, whole) {
            case (.success(.needMore), _): break
            case (.success(.header), _): try hold(part == whole, "a header of \(count) bytes")
            case (.failure, .failure): break
            case (.failure, .success):
                throw Violation("refused after \(count) bytes, and taken when there are more")
            }
        }
        guard case .success(.header(let header, let length)) = whole else { return }
        try hold(length <= min(bytes.count, ProxyHeader.mostBytes), "a header of \(length) bytes")
        for count in cuts(length) where count < length {
            try hold(
                read(bytes.prefix(count)) == .success(.needMore), "whole after \(count) bytes")
        }
        let written = header.binary
        try hold(
            read(written[...]) == .success(.header(header, length: written.count)),
            "\(header) is read as something else")
    }

    private static func read(
        _ bytes: ArraySlice<UInt8>
    ) -> Result<ProxyHeader.Reading, ProxyHeader.Failure> {
        do throws(ProxyHeader.Failure) { return .success(try ProxyHeader.read(bytes.span)) } catch {
            return .failure(error)
        }
    }

    /// Every beginning of a short input, some of a long one.
    private static func cuts(_ count: Int) -> StrideTo<Int> {
        stride(from: 0, to: count, by: max(1, count / 128))
    }
}
