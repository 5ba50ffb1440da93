import Testing

@testable import Federation

@Suite struct PermissionsTests {
    @Test(
        arguments: [
            ([], ["unspecified"]), (["read"], ["read"]), (["write", "read"], ["read", "write"]),
            (["share", "write", "read"], ["read", "write", "share"]),
            (["unspecified"], ["unspecified"]),
            // What a word that is not known grants, nobody here can tell.
            (["read", "execute"], ["read", "unspecified"]), (["READ"], ["unspecified"]),
            (["unspecified", "read"], ["read", "unspecified"]),
        ] as [([String], [String])])
    func wordsOfAShareAreRead(_ words: [String], _ meaning: [String]) {
        #expect(Permissions(words: words).words == meaning)
    }

    @Test func unspecifiedIsEverythingUnlessItIsNamed() throws {
        let read = Permissions.read
        #expect(Permissions.unspecified.spelledOut(for: read) == .everything)
        #expect(Permissions(words: ["read", "x"]).spelledOut(for: read) == .everything)
        let named = Permissions(naming: [.read, .unspecified])
        #expect(Permissions.unspecified.spelledOut(for: named) == .unspecified)
        #expect(read.spelledOut(for: named) == read)
    }
}
