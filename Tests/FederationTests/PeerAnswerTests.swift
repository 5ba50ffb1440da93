import Federation
import OpenSSL
import Testing

@Suite struct PeerAnswerTests {
    private func answer(
        _ endpoint: OCMEndpoint, _ status: Int, _ body: String,
        for backend: BackendKind = .nextcloud, swaps: [SecretSwap] = []
    ) -> PeerAnswer {
        PeerAnswer(
            to: endpoint, status: status, body: Array(body.utf8), for: backend,
            secrets: [Secret(utf8: "CODE")], swaps: swaps)
    }

    private func taken(_ status: Int, _ body: String) -> PeerAnswer {
        .taken(status: status, body: Array(body.utf8))
    }

    @Test(arguments: [200, 201, 202, 204])
    func onlyAnOldServersSuccessReachesTheBackend(_ status: Int) {
        #expect(
            answer(.shares, status, #"{"recipientDisplayName":"bob","x":1}"#)
                == taken(201, #"{"recipientDisplayName":"bob"}"#))
        #expect(answer(.notifications, status, "") == taken(201, "[]"))
        #expect(
            answer(.inviteAccepted, status, #"{"userID":"u","email":"e","name":"n"}"#)
                == taken(200, #"{"userID":"u","email":"e","name":"n"}"#))
    }

    @Test func aPageIsNoSuccess() {
        guard case .uncertain(let denial) = answer(.shares, 200, "<html>OK /ocm/shares") else {
            return #expect(Bool(false))
        }
        #expect(denial.status == 503)
        #expect(denial.retryAfter == 60)
    }

    @Test(arguments: [BackendKind.nextcloud, .owncloud10])
    func aRefusedShareDoesNotComeBackOverTheOlderAPI(_ backend: BackendKind) {
        for status in [400, 401, 403, 404, 501] {
            guard case .refused(let denial) = answer(.shares, status, "{}", for: backend) else {
                return #expect(Bool(false))
            }
            #expect(denial.status == 500)
            #expect(denial.code == .notDelivered)
            #expect(denial.retryAfter == nil)
        }
    }

    @Test func othersHearTheStatusItself() {
        for status in [400, 401, 403, 404, 409, 501] {
            for endpoint in [OCMEndpoint.notifications, .inviteAccepted, .requestShare] {
                guard case .refused(let denial) = answer(endpoint, status, "{}") else {
                    return #expect(Bool(false))
                }
                #expect(denial.status == status)
            }
            guard case .refused(let denial) = answer(.shares, status, "{}", for: .opencloud) else {
                return #expect(Bool(false))
            }
            #expect(denial.status == status)
        }
    }

    @Test(arguments: [300, 302, 408, 425, 429, 500, 502, 503, 504])
    func whatMayHaveArrivedMayBeSentAgain(_ status: Int) {
        for endpoint in OCMEndpoint.allCases {
            guard case .uncertain(let denial) = answer(endpoint, status, "{}") else {
                return #expect(Bool(false))
            }
            #expect(denial.status == 503)
        }
        let missing = PeerAnswer(missing: "no answer in 10 s", to: .shares, for: .nextcloud)
        guard case .uncertain(let denial) = missing else { return #expect(Bool(false)) }
        #expect(denial.status == 503)
        #expect(denial.detail == "no answer in 10 s")
    }

    @Test func theEchoOfASecretIsNotHandedOn() {
        let echo = #"{"code":"INVALID_PARAMETER","message":"not supported: {CODE}"}"#
        guard case .refused(let denial) = answer(.shares, 400, echo) else {
            return #expect(Bool(false))
        }
        #expect(denial.detail == "the peer answered 400")
        #expect(
            answer(.shares, 201, #"{"recipientDisplayName":"CODE"}"#) == taken(201, "{}"))
    }

    @Test func theSecretOfAReshareIsSwapped() throws {
        let body = #"{"token":"NEWSECRET","providerId":"23"}"#
        let parsed = try #require(ReshareAnswer(parsing: Array(body.utf8)))
        #expect(parsed.secret == Secret(utf8: "NEWSECRET"))
        #expect(parsed.providerID == ProviderID("23"))
        let swaps = [SecretSwap(parsed.secret, by: Secret(utf8: "HANDLE"))]
        #expect(
            answer(.notifications, 201, body, swaps: swaps)
                == taken(201, #"{"token":"HANDLE","sharedSecret":"HANDLE","providerId":"23"}"#))
        let owncloud = body.replacing("token", with: "sharedSecret")
        #expect(
            answer(.notifications, 201, owncloud, swaps: swaps)
                == taken(201, #"{"token":"HANDLE","sharedSecret":"HANDLE","providerId":"23"}"#))
    }

    @Test(arguments: [
        "[]", "{}", #"{"status":"ok"}"#, #"{"token":""}"#, #"{"token":"a b"}"#, "no",
        #"{"token":"a","sharedSecret":"b"}"#, #"{"token":7}"#, #"{"token":"a","providerId":"a"}"#,
        #"{"token":"NEWSECRET","providerId":"7/NEWSECRET"}"#,
        #"{"token":"\#(String(repeating: "a", count: 513))"}"#,
    ])
    func anAnswerWithoutOneSecretMakesNoShare(_ body: String) {
        #expect(ReshareAnswer(parsing: Array(body.utf8)) == nil)
    }

    @Test(arguments: [
        ("", true), (" \n", true), ("[]", true), ("{}", true), ("null", true),
        (#"{"status":"ok"}"#, true), (#"{"message":"queued"}"#, true), (#"{"token":null}"#, true),
        (#"{"token":"","sharedSecret":"","providerId":null,"ok":true,"list":[],"x":{}}"#, true),
        (#"{"secret":"12345678"}"#, false), (#"{"token":"a b"}"#, false),
        (#"{"token":"a","sharedSecret":"b"}"#, false), (#"{"x":{"y":"b"}}"#, false),
        (#"{"x":["b"]}"#, false), (#"{"x":12345678}"#, false), (#"["b"]"#, false),
        (#""b""#, false), ("7", false), ("no", false),
    ])
    func whatHoldsNothingTellsNoSecret(_ body: String, _ isAbsent: Bool) {
        #expect(ReshareAnswer.isAbsent(from: Array(body.utf8)) == isAbsent)
    }

    @Test(arguments: [
        (401, "signature required\n", true),
        (400, #"{"message":"Invalid signature","validationErrors":[]}"#, true),
        (400, #"{"message":"instance is supposed to sign its request"}"#, true),
        (400, #"{"message":"Unsigned request"}"#, true),
        (401, #"{"error":"signature_invalid","decision":"x"}"#, true),
        (403, "signature required", false), (500, "signature", false), (200, "signature", false),
        (400, #"{"message":"Missing arguments"}"#, false), (401, "", false),
    ])
    func whenTheSignatureIsToBlame(_ status: Int, _ body: String, _ blames: Bool) {
        #expect(PeerAnswer.blamesSignature(status: status, body: Array(body.utf8)) == blames)
    }

    @Test func aRefusalOfOurOwnHasTheSameStatus() {
        #expect(BackendKind.nextcloud.status(of: .refused(403), at: .shares) == 500)
        #expect(BackendKind.nextcloud.status(of: .refused(403), at: .notifications) == 403)
        #expect(BackendKind.opencloud.status(of: .refused(403), at: .shares) == 403)
        #expect(BackendKind.opencloud.status(of: .refused(508), at: .shares) == 400)
    }

    /// What recorded servers answered becomes what old servers take.
    @Test func recordedAnswers() {
        for exchange in RecordedTraffic.messages {
            let endpoint: OCMEndpoint
            switch exchange.path.split(separator: "/").last {
            case "shares" where !exchange.path.contains("/ocs/"): endpoint = .shares
            case "notifications": endpoint = .notifications
            case "invite-accepted": endpoint = .inviteAccepted
            default: continue
            }
            let answer = PeerAnswer(
                to: endpoint, status: exchange.status, body: exchange.answer, for: .nextcloud)
            switch answer {
            case .taken(let status, _):
                #expect((200...299).contains(exchange.status))
                #expect(status == (endpoint == .inviteAccepted ? 200 : 201))
            case .refused(let denial):
                #expect((400...499).contains(exchange.status))
                #expect(denial.status == (endpoint == .shares ? 500 : exchange.status))
            case .uncertain: #expect(Bool(false))
            }
        }
    }
}
