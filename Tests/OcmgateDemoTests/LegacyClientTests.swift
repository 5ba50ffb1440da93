import Federation
import Testing

@testable import ocmgate_demo

struct LegacyClientTests {
    private func share(_ owner: String) -> JSONObject {
        JSONObject([
            ("owner", .string(owner)), ("name", .string("x")), ("providerId", .integer(7)),
            (
                "protocol",
                .object([
                    ("name", .string("webdav")),
                    ("options", .object([("sharedSecret", .string("s"))])),
                ])
            ),
        ])
    }

    @Test(arguments: ["alice@https://a.test/", "alice@https://a.test", "a@b@https://a.test/"])
    func theDataAreWhereTheOwnerIs(_ owner: String) throws {
        for kind in LegacyKind.allCases {
            let received = try #require(ReceivedShare(share(owner), for: kind))
            #expect(received.origin == "https://a.test")
            #expect(received.providerID == "7")
        }
    }

    @Test func anOldNextcloudCannotUseAnOwnerWithoutAScheme() {
        #expect(ReceivedShare(share("alice@a.test"), for: .nextcloud) == nil)
        #expect(ReceivedShare(share("alice@a.test"), for: .owncloud10)?.origin == "https://a.test")
    }

    @Test func theLastHeadOfAnAnswerCounts() throws {
        let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nA: b\r\n\r\n[]\r\n\r\n"
        let response = try ProxiedRequest.response(Array(text.utf8))
        #expect(response.status == 201)
        #expect(response.text == "[]\r\n\r\n")
        #expect(throws: DemoFailure.self) { try ProxiedRequest.response(Array("HTTP/1.1".utf8)) }
    }
}
