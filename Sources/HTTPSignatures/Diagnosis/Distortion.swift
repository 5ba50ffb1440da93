/// One change between a signer and us, or one slip of the signer's, with which a signature that
/// failed would have verified.
///
/// For people who look for the cause; nothing is ever accepted because of one.
package struct Distortion: Sendable, Hashable {
    package let kind: Kind
    /// What was signed, where that can be told; empty where the kind says it all. May be a peer's
    /// text: escape it where it is written. Never part of a body, never a query, never the value of a
    /// field that may hold a secret.
    package let signed: String
    /// What is there instead.
    package let seen: String

    package init(_ kind: Kind, signed: String = "", seen: String = "") {
        self.kind = kind
        self.signed = Self.bounded(signed)
        self.seen = Self.bounded(seen)
    }

    /// What it is, by the name that logs and programs know.
    package enum Kind: String, Sendable, CaseIterable {
        // The address, as proxies rewrite it.
        case host = "host-rewritten"
        case port = "port-rewritten"
        case scheme = "scheme-rewritten"
        case indexPHPRemoved = "index-php-removed"
        case indexPHPAdded = "index-php-added"
        case prefixRemoved = "prefix-removed"
        case slashRemoved = "trailing-slash-removed"
        case slashAdded = "trailing-slash-added"
        case slashesMerged = "slashes-merged"
        case slashDoubled = "slash-doubled"
        case queryDropped = "query-dropped"
        case queryAdded = "query-added"
        case targetRewritten = "target-rewritten"
        // Fields.
        case contentType = "content-type-altered"
        case contentLength = "content-length-altered"
        case fieldRemoved = "field-removed"
        case whitespace = "whitespace-altered"
        case letterCase = "letter-case"
        // The body and its digest.
        case decoded = "digest-of-decoded"
        case otherHash = "digest-of-other-hash"
        case digestForm = "digest-form"
        case lineEnds = "body-line-ends"
        case bodyRewritten = "body-rewritten"
        // The key and the mathematics.
        case otherKey = "other-key"
        case previousKey = "previous-key"
        case algorithm = "other-algorithm"
        case derSignature = "der-signature"
        // Time.
        case clockBehind = "clock-behind"
        case clockAhead = "clock-ahead"
        case expired = "expired"
    }

    /// In one line, for people.
    package var description: String {
        switch (signed.isEmpty, seen.isEmpty) {
        case (true, true): kind.summary
        case (false, true): "\(kind.summary) (signed: \(signed))"
        case (true, false): "\(kind.summary) (seen: \(seen))"
        case (false, false): "\(kind.summary) (signed: \(signed), seen: \(seen))"
        }
    }

    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(text.prefix(longest / 4)) + "…"
    }

    /// Bytes.
    private static let longest = 256
}

extension Distortion.Kind {
    /// What happened.
    package var summary: String {
        switch self {
        case .host: "the host was rewritten on the way"
        case .port: "the port of the host was rewritten on the way"
        case .scheme: "it was signed for the other scheme, http or https"
        case .indexPHPRemoved: "/index.php was removed from the path"
        case .indexPHPAdded: "/index.php was put into the path"
        case .prefixRemoved: "the beginning of the path was cut off"
        case .slashRemoved: "the slash at the path's end was removed"
        case .slashAdded: "a slash was added to the path's end"
        case .slashesMerged: "a doubled slash in the path was merged"
        case .slashDoubled: "a slash in the path was doubled"
        case .queryDropped: "the query was dropped"
        case .queryAdded: "a query was added"
        case .targetRewritten: "the request target was rewritten"
        case .contentType: "Content-Type was altered"
        case .contentLength: "Content-Length was altered"
        case .fieldRemoved: "a signed field was removed"
        case .whitespace: "spaces inside a signed field were altered"
        case .letterCase: "upper and lower case were altered, or signed otherwise"
        case .decoded: "the digest is that of the decoded content"
        case .otherHash: "the digest is by another hash than it says, or by one that is too weak"
        case .digestForm: "the digest is not written in the form of its field"
        case .lineEnds: "line ends of the body were altered"
        case .bodyRewritten: "the body was read and written anew, with the same meaning"
        case .otherKey: "it was signed by another key of the peer than it names"
        case .previousKey: "it was signed by a key that the peer no longer publishes"
        case .algorithm: "it was signed by another algorithm than it says"
        case .derSignature: "the ECDSA signature is in DER, not as two numbers"
        case .clockBehind: "it says to be older than is taken"
        case .clockAhead: "it says to be made in the future"
        case .expired: "it came after the time that it says to end at"
        }
    }

    /// What the operator can do, in words for one who knows the proxy and not the standard.
    package var remedy: String {
        switch self {
        case .host:
            "pass the Host on as it came (nginx: proxy_set_header Host $host; Apache: "
                + "ProxyPreserveHost On), or name both hosts in site.origin and site.aliases"
        case .port:
            "pass the port on as it came (nginx: proxy_set_header Host $http_host), and write "
                + "site.origin with the port that peers use"
        case .scheme:
            "write site.origin with the scheme that peers use; if that is https, ask the peer to "
                + "discover this site by https"
        case .indexPHPRemoved, .indexPHPAdded:
            "let no proxy in front rewrite OCM paths (nginx: proxy_pass without a URI, no "
                + "rewrite in this location)"
        case .prefixRemoved:
            "let no proxy in front cut the path (nginx: proxy_pass without a URI behind the host)"
        case .slashRemoved, .slashAdded, .slashesMerged, .slashDoubled:
            "let the proxy in front pass the path on unchanged (nginx: merge_slashes off, and "
                + "proxy_pass without a URI)"
        case .queryDropped, .queryAdded, .targetRewritten:
            "let the proxy in front pass the request target on unchanged (nginx: proxy_pass "
                + "without a URI or with $request_uri, no rewrite in this location)"
        case .contentType:
            "let no proxy or firewall in front rewrite Content-Type"
        case .contentLength:
            "let the proxy in front pass the body on as it came (nginx: proxy_request_buffering "
                + "on, and no filter of request bodies)"
        case .fieldRemoved:
            "let the proxy in front pass this field on (nginx: no proxy_set_header that empties "
                + "it, proxy_pass_request_headers on)"
        case .whitespace:
            "let no proxy or firewall in front tidy request fields"
        case .letterCase:
            "tell the peer's operator: names are signed in lower case, methods in upper case (in "
                + "draft-cavage request targets in lower case)"
        case .decoded:
            "tell the peer's operator: the digest is over the content as it is sent; or switch "
                + "off compression of requests"
        case .otherHash:
            "tell the peer's operator: the digest must be by SHA-256 or SHA-512, under that name"
        case .digestForm:
            "tell the peer's operator: the digest is base64 of the hash's bytes (not hex, not the "
                + "URL alphabet), in Content-Digest between colons"
        case .lineEnds, .bodyRewritten:
            "let no proxy or firewall in front rewrite bodies (a web application firewall that "
                + "normalises JSON does)"
        case .otherKey:
            "tell the peer's operator: the key's name in the signature is that of another key"
        case .previousKey:
            "tell the peer's operator: the server still signs by a key that it no longer "
                + "publishes; publish it again or let all its nodes sign by the new one"
        case .algorithm:
            "tell the peer's operator: the signature must be made by the algorithm that it, or "
                + "the published key, names"
        case .derSignature:
            "tell the peer's operator: ECDSA signatures are two numbers of fixed length (RFC 9421, "
                + "section 3.3.4), not DER"
        case .clockBehind:
            "compare both clocks (chronyc tracking); if both are right, the message was kept back "
                + "on its way, or someone sent an old one again"
        case .clockAhead:
            "compare both clocks (chronyc tracking); the peer's is ahead of ours"
        case .expired:
            "compare both clocks (chronyc tracking); if both are right, the message was kept back "
                + "on its way"
        }
    }
}
