import Federation
import Testing

@Suite struct UploadPieceTests {
    @Test(arguments: [
        ("/dav/ocm/1/a.bin-chunking-777-2-1", true), ("/dav/ocm/1/a.bin-chunking-777-2-1/", true),
        ("/dav/ocm/1/-chunking-a_B9-20-10", true), ("/x-chunking-1-2-3-chunking-4-5-6", true),
        ("/x/a%2Dchunking%2D777%2D2-1", true), ("/x/%C3%A9-chunking-1-2-%31", true),
        ("/x/a-chunking--chunking-7-2-1", true), ("/x/%FF", true),
        ("/x/a-chunking-777-2-1.txt", false), ("/x/a-chunking-777-2-1/b", false),
        ("/x/achunking-777-2-1", false), ("/x/chunking-777-2-1", false),
        ("/x/a-chunking-777-2", false), ("/x/a-chunking-777-2-", false),
        ("/x/a-chunking-777--1", false), ("/x/a-chunking--2-1", false),
        ("/x/a-Chunking-777-2-1", false), ("/x/a-chunking-7-2-1%20", false),
        ("/x/a-chunking-7-x-1", false), ("/x/2026-11-30-a-1-2", false), ("/", false), ("", false),
    ])
    func itIsKnownByItsName(_ path: String, _ isOne: Bool) {
        #expect(path.namesPieceOfUpload == isOne)
    }
}
