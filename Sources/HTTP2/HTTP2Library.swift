import CNGHTTP2

/// nghttp2 as this process has it.
package enum HTTP2Library {
    /// Such as `1.52.0`; empty where it tells none.
    package static var version: String {
        guard let info = unsafe nghttp2_version(0), let text = unsafe info.pointee.version_str
        else { return "" }
        return unsafe String(cString: text)
    }
}
