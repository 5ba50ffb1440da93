/// Where COPY and MOVE put a resource: the `Destination` field (RFC 4918, section 10.3), read with
/// the same eyes as the request's own path.
package struct Destination: Sendable, Hashable {
    /// Scheme and authority of an absolute URI; nil for a path alone, which means this server.
    package let origin: Origin?
    package let path: TargetPath

    /// The part before the path.
    package struct Origin: Sendable, Hashable {
        package let scheme: Scheme
        /// Without the scheme's own port.
        package let authority: Authority
    }

    /// Why a `Destination` cannot be followed: 400.
    package enum Failure: Error, Sendable, Equatable {
        case address(AddressFailure)
        case path(PathFailure)
        /// A DAV resource has no query.
        case query
    }

    /// Reads the value; whether it points to this server and below the same share is the caller's
    /// to check, on `origin` and `path`.
    package init(_ value: ArraySlice<UInt8>) throws(Failure) {
        if value.contains(0x3F) { throw .query }
        if value.first == 0x2F {
            // Two slashes begin an authority (RFC 3986, section 4.2), which is no absolute path.
            guard value.dropFirst().first != 0x2F else { throw .address(.scheme) }
            origin = nil
            do { path = try TargetPath(value, rule: .routed) } catch { throw .path(error) }
            return
        }
        // The authority is read by its own rules; the path may hold what only TargetPath mends.
        var slashes = 0
        let pathStart =
            value.firstIndex { byte in
                if byte == 0x2F { slashes += 1 }
                return slashes == 3
            } ?? value.endIndex
        do {
            let server = value[..<pathStart]
            let url = try HTTPURL(server.span)
            origin = Origin(scheme: url.scheme, authority: url.authority)
        } catch { throw .address(error) }
        let written = value[pathStart...]
        do {
            path = try TargetPath(written.isEmpty ? [0x2F] : written, rule: .routed)
        } catch { throw .path(error) }
    }
}
