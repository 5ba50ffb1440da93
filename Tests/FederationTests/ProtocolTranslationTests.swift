import Federation
import Testing

/// Shares by a protocol of a name that few know, for backends that read the name and for those that do not.
@Suite struct ProtocolTranslationTests {
    private static let nextcloud = Translation(for: Backend(kind: .nextcloud, age: .old))
    private static let cernbox = Translation(for: Backend(kind: .cernbox, age: .current))
    private static let seafile = Translation(for: Backend(kind: .seafile, age: .old))

    private func renamed(_ text: String) throws -> Share {
        try Samples.share(text.replacing(#""name":"webdav""#, with: #""name":"x""#))
    }

    /// CERNBox and Seafile open whatever is in `options` over WebDAV.
    @Test(arguments: [cernbox, seafile])
    func whatIsOpenedOverWebDAVIsNotToldByAnotherName(_ translation: Translation) throws {
        for share in [try Samples.share(Samples.talk), try renamed(Samples.nextcloud27)] {
            let denial = #expect(throws: Denial.self) {
                try translation.share(share, uri: "https://nc27a.test/public.php/webdav/")
            }
            #expect(denial?.code == .protocolNotSupported)
            _ = try Self.nextcloud.share(share)
        }
    }

    /// Of a share that has both shapes CERNBox is told the newer one, and Seafile would read the other.
    @Test func beyondTheNewerShapeNothingIsToldByAnotherName() throws {
        let share = try renamed(Samples.nextcloud35)
        let body = try Self.cernbox.share(share, uri: "https://nc35.test/x")
        let told = try JSONValue(parsing: body.bytes).object?["protocol"]?.object
        #expect(told?["options"]?.object?.count == 0)
        let denial = #expect(throws: Denial.self) { try Self.seafile.share(share) }
        #expect(denial?.code == .protocolNotSupported)
    }
}
