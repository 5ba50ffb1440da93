import COpenSSL

/// For whom a certificate speaks: its subject alternative names (RFC 5280 section 4.2.1.6). The
/// common name counts for nothing (RFC 9525 section 2).
extension Certificate {
    /// DNS names in lower case, wildcards as they stand.
    package var dnsNames: [String] {
        alternativeNames(ofType: ocmgate_general_type_dns()).map {
            String(decoding: $0, as: UTF8.self).lowercased()
        }
    }

    /// Whether it speaks for a host name or a literal IP address. A wildcard stands for one whole
    /// left-most label.
    package func matches(_ host: String) -> Bool {
        guard !host.isEmpty, !host.utf8.contains(0) else { return false }
        ERR_clear_error()
        defer { ERR_clear_error() }
        if HostName.isAddress(host) {
            return unsafe X509_check_ip_asc(handle.pointer, host, 0) == 1
        }
        let name = HostName.withoutFinalDot(host)
        return unsafe X509_check_host(
            handle.pointer, name, name.utf8.count, HostName.checkFlags, nil) == 1
    }

    private func alternativeNames(ofType wanted: Int32) -> [[UInt8]] {
        guard
            let raw = unsafe X509_get_ext_d2i(
                handle.pointer, NID_subject_alt_name, nil, nil)
        else {
            ERR_clear_error()
            return []
        }
        let names = OpaquePointer(raw)
        defer { unsafe GENERAL_NAMES_free(names) }
        let total = unsafe ocmgate_general_name_count(names)
        var found: [[UInt8]] = []
        for index in 0..<total {
            var data: UnsafePointer<UInt8>?
            var count: Int32 = 0
            guard unsafe ocmgate_general_name(names, index, &data, &count) == wanted else {
                continue
            }
            unsafe found.append([UInt8](UnsafeBufferPointer(start: data, count: Int(count))))
        }
        return found
    }
}

/// Host names as TLS and X.509 want them.
enum HostName {
    /// Whether it is a literal IPv4 or IPv6 address, without brackets.
    static func isAddress(_ host: String) -> Bool {
        guard let octets = unsafe a2i_IPADDRESS(host) else {
            ERR_clear_error()
            return false
        }
        unsafe ASN1_OCTET_STRING_free(octets)
        return true
    }

    /// `example.org.` and `example.org` are one name; certificates have the second form.
    static func withoutFinalDot(_ host: String) -> String {
        host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    /// `f*.example` matches nothing, `*.example` one label, and the common name is not looked at.
    static let checkFlags = UInt32(
        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
}
