import OpenSSL
import Testing

@Suite struct HMACKeyTests {
    private struct Group: Decodable {
        struct Case: Decodable {
            let tcId: Int
            let key: String
            let msg: String
            let tag: String
            let result: String
        }
        let tagSize: Int
        let tests: [Case]
    }

    @Test func everyWycheproofTagIsJudgedAsPublished() throws {
        let file = try Wycheproof.load("hmac_sha256_test.json", as: Group.self)
        var count = 0
        for group in file.testGroups {
            for test in group.tests {
                count += 1
                let key = HMACKey(.sha256, Secret(bytes(hex: test.key)))
                let tag = Array(
                    key.authenticate(bytes(hex: test.msg)).prefix(group.tagSize / 8))
                let valid = tag == bytes(hex: test.tag)
                #expect(valid == (test.result == "valid"), "case \(test.tcId)")
            }
        }
        #expect(count == file.numberOfTests)
    }

    @Test func keyAnswersTheSameEachTime() {
        let key = HMACKey(.sha512, Secret(utf8: "key"))
        let first = key.authenticate([1, 2, 3])
        #expect(key.authenticate([1, 2, 3]) == first)
        #expect(key.authenticate([1, 2, 4]) != first)
        #expect(first.count == 64)
    }
}
