import Transport

/// Where the backend takes itself to be: below the `Host` that it is sent, and where it is dialled.
///
/// A web server writes whole URLs into its redirects, with the scheme and the port on which it listens
/// itself (nginx unless `absolute_redirect` is off, Apache unless `ServerName` has the public URL). From
/// outside they lead nowhere, or past TLS. What it says in messages and documents is told by its host alone
/// (`OwnNames`).
final class BackendPlaces: Sendable {
    /// `https://host[:port]` of the site.
    private let origin: String
    /// Origins of the backend's own.
    private let inner: Set<String>

    /// - Parameters:
    ///   - host: the `Host` that the backend sees.
    ///   - url: where it is dialled.
    ///   - origin: of the site, without a slash.
    init(host: String, url: String, origin: String) {
        self.origin = origin
        let host = try? Authority(host)
        let dialled = try? HTTPURL(url)
        var inner: Set<String> = []
        if let host { inner.insert("http://\(host.normalized(for: .http))") }
        if let dialled { inner.insert(dialled.origin) }
        if let host, let dialled {
            let authority = Authority(host: host.host, port: dialled.port)
            let scheme = dialled.scheme
            inner.insert("\(scheme.rawValue)://\(authority.normalized(for: scheme))")
        }
        self.inner = inner
    }

    /// What changes in an answer: where its `Location` names a place of the backend's own, it names the
    /// same at the site. Any other goes on as it came.
    func edit(_ head: ResponseHead) -> HeadEdit {
        guard let location = head.fields.text(.location), let outer = outer(location) else {
            return .none
        }
        return HeadEdit(remove: [.location], add: [(.location, outer)])
    }

    /// The URL at the site of what a URL names at the backend; nil for what is elsewhere, or no whole URL.
    func outer(_ location: String) -> String? {
        let bytes = location.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let start = bytes.index(colon, offsetBy: 3, limitedBy: bytes.endIndex)
        else { return nil }
        let end =
            bytes[start...].firstIndex { [0x2F, 0x3F, 0x23].contains($0) } ?? bytes.endIndex
        guard let place = try? HTTPURL(String(location[..<end])), inner.contains(place.origin)
        else { return nil }
        return origin + String(location[end...])
    }
}
