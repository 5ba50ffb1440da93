import Federation
import Transport

/// The readers of hosts, authorities, URLs, addresses and patterns.
enum AddressProperties {
    /// Canonical forms are stable, and what policy judges is what is dialled.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard bytes.count <= 2048, let text = String(validating: bytes, as: UTF8.self) else {
            return
        }
        try host(text)
        try address(text)
        try url(text)
        try numbers(text)
        try patterns(text)
    }

    private static func host(_ text: String) throws(Violation) {
        let authority = try? Authority(text)
        if let authority {
            let again = try? Authority(authority.description)
            try hold(again == authority, "authority \(authority) reads as something else")
        }
        let peer = PeerHost(text)
        if let peer {
            try hold(
                PeerHost(peer.description) == peer, "host \(peer) reads as something else")
            try hold(
                peer.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "host \(peer)")
            guard let dialled = try? Authority(peer.description) else {
                throw Violation("\(peer) is a peer, and cannot be dialled")
            }
            try hold(
                dialled.description == peer.description, "\(peer) is dialled as \(dialled)")
        }
        if let peer, let authority {
            let dialled = authority.normalized(for: .https).description
            try hold(dialled == peer.description, "\(peer) is dialled as \(dialled)")
        }
        try hold(
            authority == nil || peer != nil || hasALabel(text),
            "\(text) can be dialled, and is no peer")
    }

    /// Which A-labels are sound is known to IDNA alone, and so to policy, which may refuse more.
    private static func hasALabel(_ text: String) -> Bool { text.lowercased().contains("xn--") }

    private static func address(_ text: String) throws(Violation) {
        guard let address = OCMAddress(text) else { return }
        // Without TLS the port 80 goes without saying; that form is only ever read.
        for form in AddressForm.allCases where form != .plainScheme {
            guard let again = OCMAddress(address.written(form)) else {
                throw Violation("\(address.written(form)) cannot be read again")
            }
            try hold(again.host == address.host, "\(text) changed its host to \(again.host)")
            try hold(again == address, "\(text) changed to \(again.canonical)")
        }
        let once = address.saidOnce
        try hold(
            once.host == address.host && OCMAddress(once.written(.scheme)) == once
                && once.saidOnce == once, "\(text) said once is \(once.canonical)")
        try hold(
            OCMAddress(address.canonical)?.canonical == address.canonical,
            "\(address.canonical) is not canonical")
    }

    private static func url(_ text: String) throws(Violation) {
        guard let url = try? HTTPURL(text) else { return }
        let again = try? HTTPURL(url.description)
        try hold(again == url, "URL \(url) reads as something else")
        guard url.scheme == .https else { return }
        let peer = PeerHost(url: text)?.description
        try hold(
            peer == url.authority.description || peer == nil && hasALabel(text),
            "\(text) is of \(peer ?? "nobody"), and is fetched from \(url.authority)")
    }

    private static func numbers(_ text: String) throws(Violation) {
        if let address = IPAddress(text) {
            try hold(IPAddress(address.description) == address, "\(address) is not canonical")
            try hold(
                IPAddress(networkBytes: address.networkBytes) == address, "\(address) by bytes")
            try hold(NetworkAddress(address.description) != nil, "policy cannot read \(address)")
        }
        if let block = try? CIDR(text) {
            try hold(block.contains(block.base), "\(block) does not hold its base")
            try hold((try? CIDR(block.description)) == block, "\(block) reads as something else")
            guard let base = NetworkAddress("\(block.base)") else {
                throw Violation("policy cannot read the base of \(block)")
            }
            let range = NetworkRange(text)
            // IPv4 in IPv6 clothes is IPv4 to policies, and no dialled address: a block of it could be read two ways.
            let isMapped = text.contains(":") && !base.description.contains(":")
            try hold(
                isMapped ? range == nil : range?.contains(base) == true,
                "\(text) is \(range?.description ?? "no block") to policy")
        }
    }

    private static func patterns(_ text: String) throws(Violation) {
        if let pattern = HostPattern(text) {
            try hold(
                HostPattern(pattern.description) == pattern, "pattern \(pattern) reads otherwise")
            let port = pattern.port.map { ":\($0)" } ?? ""
            let below = PeerHost("x.\(pattern.name)\(port)")
            switch pattern.scope {
            case .host, .hostAndBelow:
                let host = PeerHost(pattern.name + port)
                try hold(host.map(pattern.matches) == true, "\(pattern) does not mean its host")
            case .below:
                let host = PeerHost(pattern.name + port)
                try hold(host.map(pattern.matches) == false, "\(pattern) means its apex")
            }
            if let below {
                try hold(
                    pattern.matches(below) == (pattern.scope != .host), "\(pattern), \(below)")
            }
        }
        if let glob = Glob(text) {
            try hold(Glob(glob.description) == glob, "glob \(glob) reads otherwise")
            if !text.contains("*") {
                try hold(glob.matches(glob.description), "\(glob) does not match itself")
            }
            _ = glob.matches(String(repeating: text, count: 3))
        }
    }
}
