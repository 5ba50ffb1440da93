/// The names by which the backend may know itself: peers read the site's in the URLs that it says.
///
/// One of its own network, or a URL without TLS, would be told to everybody, and opened by nobody.
package struct OwnNames: Sendable {
    /// `https://host[:port]` of the site, without a slash.
    private let origin: String
    /// The site's own with them.
    package let hosts: Set<PeerHost>

    /// - Parameters:
    ///   - origin: of the site.
    ///   - backend: where the backend is reached, and what it sees as `Host`.
    ///   - document: the backend's, which says where it takes itself to be.
    package init(origin: String, backend: [PeerHost], document: DiscoveryDocument?) {
        self.origin = origin
        let said = [URLParts(origin)?.host, document?.endPointParts.host]
        hosts = Set(backend + said.compactMap { $0 })
    }

    /// A URL of the backend as one of the site; nil for one at another host, and for what is no URL.
    package func moved(_ url: String) -> String? {
        guard let parts = URLParts(url), hosts.contains(parts.host) else { return nil }
        return origin + parts.pathAndQuery
    }

    /// The same of all texts in an object and those in it, but for secrets and for what stands in arrays.
    func moved(_ object: JSONObject) -> JSONObject {
        var all = object
        for member in object.members where member.known != .sharedSecret {
            if let url = member.value.string.flatMap({ moved($0) }) {
                all[member.name] = .string(url)
            } else if let inner = member.value.object {
                all[member.name] = .object(moved(inner))
            }
        }
        return all
    }

    /// An object without the URLs that have no TLS and are at one of these hosts, whatever the port: another
    /// service of the backend's, which nobody opens from outside.
    func withoutInner(_ object: JSONObject) -> JSONObject {
        var all = object
        for member in object.members {
            if member.value.string.map(isInner) == true {
                all[member.name] = nil
            } else if let inner = member.value.object {
                all[member.name] = .object(withoutInner(inner))
            }
        }
        return all
    }

    private func isInner(_ url: String) -> Bool {
        guard let parts = URLParts(url), parts.scheme == .http else { return false }
        return hosts.contains { $0.name == parts.host.name }
    }
}
