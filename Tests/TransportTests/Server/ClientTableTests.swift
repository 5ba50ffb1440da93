import Testing

@testable import Transport

@Suite struct ClientTableTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test func aClientGetsAsManyConnectionsAsAllowed() throws {
        var table = ClientTable(limit: 2)
        let client = try address("192.0.2.1")
        let other = try address("192.0.2.2")
        var answers = [client, client, client, other].map { table.admit($0) }
        table.leave(client)
        answers.append(table.admit(client))
        #expect(answers == [.admitted, .admitted, .refused, .admitted, .admitted])
    }

    @Test func aNetworkOf64BitsIsOneClient() throws {
        var table = ClientTable(limit: 1)
        let answers = try ["2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1"]
            .map { table.admit(try address($0)) }
        #expect(answers == [.admitted, .refused, .admitted])
    }

    @Test func anAddressIsTheSameInBothClothes() throws {
        var table = ClientTable(limit: 1)
        let answers = try ["::ffff:192.0.2.1", "192.0.2.1"].map { table.admit(try address($0)) }
        #expect(answers == [.admitted, .refused])
    }

    @Test func clientsThatLeftAreForgotten() throws {
        var table = ClientTable(limit: 4)
        for number in 0..<200 {
            let client = IPAddress.v4(UInt32(number))
            let answer = table.admit(client)
            #expect(answer == .admitted)
            table.leave(client)
            table.leave(client)
        }
        #expect(table.count == 0)
    }
}
