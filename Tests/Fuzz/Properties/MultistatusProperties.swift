import Federation

/// The rewriter of WebDAV answers.
enum MultistatusProperties {
    private enum Reading: Equatable {
        case whole([UInt8])
        case refused(MultistatusError)
    }

    /// The result does not hang on how the bytes were cut, nothing but `href`s changes, and what was
    /// accepted is accepted again when it is rewritten.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        let whole = read(bytes, from: "/dav/ocm/1", to: "/public.php/webdav", by: bytes.count)
        for size in [1, 3, 7] {
            let pieces = read(bytes, from: "/dav/ocm/1", to: "/public.php/webdav", by: size)
            try hold(whole == pieces, "multistatus: \(size) bytes at a time it reads otherwise")
        }
        let nowhere = read(bytes, from: "/nowhere/\u{1}", to: "/x", by: bytes.count)
        switch (whole, nowhere) {
        case (.whole(let output), .whole(let same)):
            try hold(same == bytes, "multistatus: something else than a path changed")
            let again = read(output, from: "/dav/ocm/1", to: "/x", by: output.count)
            if case .refused(let error) = again {
                throw Violation("multistatus: what was rewritten is refused: \(error)")
            }
        case (.refused(let one), .refused(let other)):
            try hold(one == other, "multistatus: \(one) or \(other), by the path")
        case (.whole, .refused), (.refused, .whole):
            throw Violation("multistatus: accepted or not, by the path")
        }
    }

    private static func read(
        _ bytes: [UInt8], from: String, to: String, by size: Int
    ) -> Reading {
        guard let host = PeerHost("peer.test") else { return .refused(.malformed) }
        var rewriter = MultistatusRewriter(from: from, to: to, hosts: [host])
        var output: [UInt8] = []
        do throws(MultistatusError) {
            var start = 0
            while start < bytes.count {
                let end = min(start + size, bytes.count)
                output += try rewriter.push(bytes.span.extracting(start..<end))
                start = end
            }
            output += try rewriter.finish()
        } catch { return .refused(error) }
        return .whole(output)
    }
}
