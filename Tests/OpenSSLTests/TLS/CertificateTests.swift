import Testing

@testable import OpenSSL

@Suite struct CertificateTests {
    private static let validity = 1_600_000_000...4_000_000_000

    private func authority(_ name: String) throws -> CertificateAuthority {
        try CertificateAuthority.make(
            name: name, key: .generate(.p256), validity: Self.validity)
    }

    @Test func whoSignedACertificateIsToldByItsKeyToo() throws {
        let (one, sameName, other) = (
            try authority("one"), try authority("one"), try authority("other")
        )
        let key = try PrivateKey.generate(.p256)
        let leaf = try one.issue(names: ["a.test"], for: key.publicKey, validity: Self.validity)
        #expect(leaf.isIssued(by: one.certificate))
        #expect(one.certificate.isIssued(by: one.certificate))
        #expect(!leaf.isIssued(by: sameName.certificate))
        #expect(!leaf.isIssued(by: other.certificate))
        #expect(!leaf.isIssued(by: leaf))
        #expect(!one.certificate.isIssued(by: leaf))
    }
}
