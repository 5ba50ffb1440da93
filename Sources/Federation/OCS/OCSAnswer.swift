/// Answers of the older federation API.
package enum OCSAnswer {
    /// What an answer says of the call.
    package enum Outcome: Sendable, Equatable {
        case taken
        /// With the API's own code, or the HTTP status where there is none.
        case failed(Int)
        /// No JSON answer of the API: with a 2xx a page or another format, of which nothing may pass, since
        /// nobody knows what it says; with a 502 or 504 the word of a server in between.
        case unreadable
    }

    /// - Parameter status: the HTTP status; v1 says 200 for a failure and puts the code into the body.
    package static func outcome(status: Int, body: [UInt8]) -> Outcome {
        let answer = try? JSONValue(parsing: body).object?["ocs"]?.object
        let code = answer?["meta"]?.object?["statuscode"]?.number?.integer
        guard (200...299).contains(status) else {
            return code == nil && !BackendAnswer.isRefusal(status)
                ? .unreadable : .failed(code ?? status)
        }
        guard let code else { return .unreadable }
        return code == 100 || code == 200 ? .taken : .failed(code)
    }

    /// What an answer says in the words of OCM: 201 for a call that was taken, 502 for what cannot be
    /// read.
    package static func status(_ status: Int, body: [UInt8]) -> Int {
        switch outcome(status: status, body: body) {
        case .taken: 201
        case .failed: (200...299).contains(status) ? 400 : status
        case .unreadable: 502
        }
    }

    /// The body of a refusal.
    ///
    /// It has an `ocs` member, and its status must be 4xx or 5xx: old senders count every 2xx
    /// without that member as delivered.
    package static func refusal(_ denial: Denial, decision: String) -> [UInt8] {
        JSONValue.object([
            ("ocs", answer("failure", denial.status, denial.hint)),
            ("error", .string(denial.disclosedCode)),
            ("decision", .string(decision)),
            ("hint", .string(denial.hint)),
        ]).serialized()
    }

    /// The body that says that a call failed, in neutral words: the server's own tell who has an
    /// account.
    package static func failure(_ code: Int) -> [UInt8] {
        JSONValue.object([
            ("ocs", answer("failure", code, DenialCode.notDelivered.hint))
        ]).serialized()
    }

    /// The bytes of `data`; nil when the body is no answer of the API.
    package static func data(of body: [UInt8]) -> [UInt8]? {
        let answer = try? JSONValue(parsing: body).object?["ocs"]?.object
        return answer?["data"]?.serialized()
    }

    /// The answer to a call that was taken: its code, of its data the new share of a reshare, with another
    /// secret, and nothing else.
    package static func taken(_ body: [UInt8], _ swaps: [SecretSwap] = []) -> [UInt8] {
        let answer = try? JSONValue(parsing: body).object?["ocs"]?.object
        let code = answer?["meta"]?.object?["statuscode"]?.number?.integer ?? 200
        var data = JSONValue.array([])
        if let found = answer?["data"]?.object, let reshare = ReshareAnswer(found),
            let new = swaps.new(for: reshare.secret.text)
        {
            var members: [(String, JSONValue)] = [("token", .string(new))]
            if let said = found["remoteId"], let id = ProviderID(said),
                id == reshare.providerID
            {
                members.append(("remoteId", said))
            }
            data = .object(members)
        }
        return taken(code, data)
    }

    /// The answer to a call that was taken.
    static func taken(_ code: Int, _ data: JSONValue) -> [UInt8] {
        JSONValue.object([("ocs", answer("ok", code, "OK", data))]).serialized()
    }

    private static func answer(
        _ status: String, _ code: Int, _ message: String, _ data: JSONValue = .array([])
    ) -> JSONValue {
        let meta: JSONValue = .object([
            ("status", .string(status)), ("statuscode", .integer(code)),
            ("message", .string(message)),
        ])
        return .object([("meta", meta), ("data", data)])
    }
}
