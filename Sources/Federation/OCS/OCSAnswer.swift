/// Answers of the older federation API.
package enum OCSAnswer {
    /// What an answer says in the words of OCM: 201 for a call that was taken. Version 1 says 200 for
    /// a failure too.
    package static func status(_ status: Int, body: [UInt8]) -> Int {
        guard neutral(status: status, body: body) != nil else { return 201 }
        return (200...299).contains(status) ? 400 : status
    }

    /// The body of a refusal.
    ///
    /// It has an `ocs` member, and its status must be 4xx or 5xx: old senders count every 2xx
    /// without that member as delivered.
    package static func refusal(_ denial: Denial, decision: String) -> [UInt8] {
        JSONValue.object([
            ("ocs", failure(status: denial.status, message: denial.hint)),
            ("error", .string(denial.disclosedCode)),
            ("decision", .string(decision)),
            ("hint", .string(denial.hint)),
        ]).serialized()
    }

    /// The answer of the backend when it says that something does not exist or failed, in neutral
    /// words; nil when it may pass as it is.
    ///
    /// - Parameter status: the HTTP status; v1 says 200 for a failure and puts the code into the body.
    package static func neutral(status: Int, body: [UInt8]) -> [UInt8]? {
        let meta = try? JSONValue(parsing: body).object?["ocs"]?.object?["meta"]?.object
        let code = meta?["statuscode"]?.number?.integer
        if (200...299).contains(status) {
            guard let code, code != 100, code != 200 else { return nil }
            return JSONValue.object([
                ("ocs", failure(status: code, message: DenialCode.notDelivered.hint))
            ]).serialized()
        }
        return JSONValue.object([
            ("ocs", failure(status: code ?? status, message: DenialCode.notDelivered.hint))
        ]).serialized()
    }

    /// The bytes of `data`; nil when the body is no answer of the API.
    package static func data(of body: [UInt8]) -> [UInt8]? {
        let answer = try? JSONValue(parsing: body).object?["ocs"]?.object
        return answer?["data"]?.serialized()
    }

    /// The answer to a reshare with another secret in it; any other answer as it is.
    package static func replacing(_ swaps: [SecretSwap], in body: [UInt8]) -> [UInt8] {
        guard !swaps.isEmpty, var object = try? JSONValue(parsing: body).object,
            var answer = object["ocs"]?.object, var data = answer["data"]?.object,
            let token = data["token"]?.string, let new = swaps.new(for: token)
        else { return body }
        data["token"] = .string(new)
        answer["data"] = .object(data)
        object["ocs"] = .object(answer)
        return JSONValue.object(object.members.map { ($0.name, $0.value) }).serialized()
    }

    private static func failure(status: Int, message: String) -> JSONValue {
        .object([
            (
                "meta",
                .object([
                    ("status", .string("failure")), ("statuscode", .integer(status)),
                    ("message", .string(message)),
                ])
            ),
            ("data", .array([])),
        ])
    }
}
