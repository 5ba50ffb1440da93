import OpenSSL
import Testing

@testable import HTTPSignatures

@Suite struct InflationTests {
    /// Made by zlib 1.2.13 (raw deflate): stored, fixed and dynamic blocks.
    static let vectors: [(packed: String, plain: [UInt8])] = [
        (
            "AwA=",
            []
        ),
        (
            "y0/OVchHYAA=",
            Array("ocm ocm ocm ocm".utf8)
        ),
        (
            "AQUA+v9wbGFpbg==",
            Array("plain".utf8)
        ),
        (
            "7cExAQAAAMKgrOtfwhKeQAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAbwM=",
            [UInt8](repeating: 0x61, count: 70_000)
        ),
        (
            "JZTRFUMhCENXYQQRRDjuv1dvXr/6VAgQki5bz83ftnxh89K83rF9XlnUu5bz2irfWPvzZb"
                + "5IIGNz2uaZz4OceU7q1HOSyfYCg9O13by1xSZywKTWsgRlu2VyonTn22Fnz9tp59bbxwqU"
                + "XVY6Xbt6a7uKpBXyYtmAEm4DZtDLokTQzKJi0I3TQBxaBSmKX9qLax50G63eiR/zwyzJZA"
                + "VcMloxaYJ3GTvBazhITQchyXgLvGQ+h6pkwL14b9uxiB/bufydxfzgHbddOm/bl/cTEEL8"
                + "Sdsjqo+F8A5009g7V0zxDmNB/QNlST+1oA68cotLv7Utmv4rLIZ5KuGU+epYat4qy2D+Yo"
                + "MJH9WWBT81lhe+LjsQfdftLNi82w6DvssaAq4veyDw3WNHm7jFXnS+dkbviGIpflgU+b0Q"
                + "CXjtVgf83myOeh1WTf1Ou4t++rBK8Lrs0vhrVnvov9ntZZ4eu8N8s9AbeOPWm/lns3TJMK"
                + "wLfiatG77moALwpow0ztcGIt40soDvGZteUu4nXYl3uaTy3Uk0SZQvyabI4ywBgeQL6biw"
                + "eeFrh+6QD7pRHALyKuUiIW+5Q/bYf4PIISGPyCT7yCbyyb5yiqyyR2bBLR6fXzCMR8oy/k"
                + "lUrsE2HiPj4BxPL3luSbiqgX8cSnQnIzbboCZyBpsvapxgY1TnSzt07OSnvztq1D+OGhVf"
                + "LjXqwwuZQepw3OX3qyuD3VQvstj9+pPJ7qhn2ay/OWQ0DKM7avQ3r8w26/urGNlIvMhwI0"
                + "W7LDcff5iOvYhTbLfXxzPG2+uKe1nvv4/PfKEdyX7+7U0GVBG+sODWfn8=",
            Array((0..<150).map { "\($0) \($0 * $0);" }.joined().utf8)
        ),
    ]

    @Test func whatZlibPackedIsUnpacked() throws {
        for (packed, plain) in Self.vectors {
            let bytes = try #require(Base64.decode(packed))
            var inflation = Inflation(bytes[...], limit: 1 << 20)
            #expect(inflation.run() == plain)
        }
    }

    @Test func moreThanTheLimitIsRefused() throws {
        for (packed, plain) in Self.vectors where !plain.isEmpty {
            let bytes = try #require(Base64.decode(packed))
            var inflation = Inflation(bytes[...], limit: plain.count - 1)
            #expect(inflation.run() == nil)
        }
    }

    @Test func anyBytesAreUnpackedOrRefused() throws {
        var random = SeededRandom(seed: 11)
        for (packed, _) in Self.vectors {
            let bytes = try #require(Base64.decode(packed))
            for _ in 0..<2_000 {
                var spoilt = bytes
                for _ in 0..<3 {
                    spoilt[Int.random(in: 0..<spoilt.count, using: &random)] = .random(
                        in: 0...255, using: &random)
                }
                let end = Int.random(in: 0...spoilt.count, using: &random)
                var inflation = Inflation(spoilt[..<end], limit: 1 << 16)
                #expect((inflation.run() ?? []).count <= 1 << 16)
            }
        }
    }
}
