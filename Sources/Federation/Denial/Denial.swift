/// Why a peer's request is refused: one code from the one table, and what only we may read.
///
/// The code decides the HTTP status, the OAuth error and what the peer learns; `detail` goes to
/// the log, the journal and `explain`, never into an answer.
package struct Denial: Error, Sendable, Equatable {
    /// The row of the table.
    package let code: DenialCode
    /// In which way the signature was wrong, when `code` is about one; for the log only.
    package let fault: SignatureFault?
    /// What exactly happened; for the log only. Never holds a secret.
    package private(set) var detail: String
    /// The host that it is about, where that is not the peer; `detail` says so.
    package private(set) var named: PeerHost?
    /// Whether part of what it refuses had passed; `detail` says how much.
    private var isOfRest = false
    /// `message` of the answer, for servers that go by it.
    package private(set) var message: String?
    /// What another server said, in its words: for the log, and for nothing that is kept for long,
    /// since it may name anybody.
    package let words: String?
    /// Seconds after which the peer may try again, for `Retry-After`.
    package let retryAfter: Int?
    /// The words of a policy block, which take the place of the table's.
    package let ruling: Ruling?

    /// What a policy block says instead of the table: its own code, status and hint.
    package struct Ruling: Sendable, Equatable {
        package let name: String
        package let status: Int?
        package let hint: String?
        /// The block, by the names of ``Verdict/by``; nil where none of the policy ruled.
        package let block: String?

        package init(name: String, status: Int?, hint: String?, block: String? = nil) {
            self.name = name
            self.status = status
            self.hint = hint
            self.block = block
        }
    }

    /// What would have refused something that the profile let pass, by the code that it would have been
    /// refused with: the journal is searched for it.
    package var asTolerated: String { "\(ruling?.name ?? code.rawValue): \(detail)" }

    package init(_ code: DenialCode, _ detail: String = "", retryAfter: Int? = nil) {
        self.code = code
        self.fault = nil
        self.detail = detail
        words = nil
        self.retryAfter = retryAfter ?? code.defaultRetryAfter
        self.ruling = nil
    }

    /// A signature that is present and wrong; the peer learns only `signature_invalid`.
    package init(_ fault: SignatureFault, _ detail: String = "") {
        self.code = fault == .replayed ? .replay : .signatureInvalid
        self.fault = fault
        self.detail = detail
        words = nil
        self.retryAfter = nil
        self.ruling = nil
    }

    /// A refusal in the words of a policy block; `code` is the row that gives what the block
    /// leaves out.
    package init(
        _ code: DenialCode, ruling: Ruling, _ detail: String = "", retryAfter: Int? = nil,
        words: String? = nil
    ) {
        self.code = code
        self.fault = nil
        self.detail = detail
        self.words = words
        self.retryAfter = retryAfter ?? code.defaultRetryAfter
        self.ruling = ruling
    }

    /// A refusal by a row of the table with another status or hint than the row's; nil leaves the row's.
    package init(
        _ code: DenialCode, status: Int? = nil, hint: String?, _ detail: String,
        retryAfter: Int? = nil, words: String? = nil
    ) {
        self.init(
            code, ruling: Ruling(name: code.disclosed.rawValue, status: status, hint: hint), detail,
            retryAfter: retryAfter, words: words)
    }

    /// The same with another status alone.
    package init(
        _ code: DenialCode, status: Int, _ detail: String, retryAfter: Int? = nil,
        words: String? = nil
    ) {
        self.init(
            code, status: status, hint: nil, detail, retryAfter: retryAfter, words: words)
    }

    /// What decided: the block of the policy, or `guard:` and the row of the table.
    package var by: String { ruling?.block ?? Decider.guard(code).name }

    /// The same, about another host than the peer.
    ///
    /// - Parameter namer: what names it: the peer, where its documents or shares do.
    package func about(_ host: PeerHost, namedBy namer: String = "the message") -> Denial {
        var denial = self
        denial.named = host
        denial.detail += ", of \(host), which \(namer) names"
        return denial
    }

    /// The same of the rest of a transfer, of which so many bytes had passed.
    package func cuttingOff(after bytes: Int) -> Denial {
        var denial = adding(", cut off after \(bytes) bytes")
        denial.isOfRest = true
        return denial
    }

    /// What the journal keeps of `detail`: where a block ruled, only what that does not tell.
    package var keptDetail: String? {
        ruling?.block == nil || named != nil || isOfRest ? detail : nil
    }

    /// The same with more detail.
    package func adding(_ detail: String) -> Denial {
        var denial = self
        denial.detail += detail
        return denial
    }

    /// What Nextcloud says of a notification about a share that it does not know, with 400. At any other answer
    /// Talk sends the same for days; at this one it takes the guest out of the room.
    package static let notThere = "RESOURCE_NOT_FOUND"

    /// The same with a `message` in the answer.
    package func saying(_ message: String) -> Denial {
        var denial = self
        denial.message = message
        return denial
    }

    /// The HTTP status of the answer.
    package var status: Int { ruling?.status ?? code.status }

    /// The code that the peer reads: the policy's own, or the class of the table's row.
    package var disclosedCode: String { ruling?.name ?? code.disclosed.rawValue }

    /// The hint that the peer reads.
    package var hint: String { ruling?.hint ?? code.disclosed.hint }

    /// The status at the token endpoint: 400 for all that RFC 6749 5.2 has an error for, 401 for a
    /// signature that does not authenticate the client, a repeated one too (settled questions, 2),
    /// the plain status for what it has no error for (size, method, rate, an outage).
    package var oauthStatus: Int {
        if fault != nil { return 401 }
        return switch status {
        case 400...404: 400
        default: status
        }
    }

    /// The body of a refusal: `{"error", "decision", "hint"}`, and `message` where there is one.
    package func body(decision: String) -> [UInt8] {
        var members: [(String, JSONValue)] = [
            ("error", .string(disclosedCode)),
            ("decision", .string(decision)),
            ("hint", .string(hint)),
        ]
        if let message { members.append(("message", .string(message))) }
        return JSONValue.object(members).serialized()
    }

    /// The body of a refusal at the token endpoint (RFC 6749 5.2), the code as description.
    package func oauthBody(decision: String) -> [UInt8] {
        JSONValue.object([
            ("error", .string(code.oauthError.rawValue)),
            ("error_description", .string(disclosedCode)),
            ("decision", .string(decision)),
            ("hint", .string(hint)),
        ]).serialized()
    }
}
