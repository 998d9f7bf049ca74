"""Shortest A64 sequences for shuffles of four words by an immediate: prints the tables of ops_vecshuf.c."""
import itertools,sys
def z1(x,y): return (x[0],y[0],x[1],y[1])
def z2(x,y): return (x[2],y[2],x[3],y[3])
def u1(x,y): return (x[0],x[2],y[0],y[2])
def u2(x,y): return (x[1],x[3],y[1],y[3])
def t1(x,y): return (x[0],y[0],x[2],y[2])
def t2(x,y): return (x[1],y[1],x[3],y[3])
def zd1(x,y): return (x[0],x[1],y[0],y[1])
def zd2(x,y): return (x[2],x[3],y[2],y[3])
def ext(n): return lambda x,y:(x+y)[n:n+4]
two=[('ZIP1',z1),('ZIP2',z2),('UZP1',u1),('UZP2',u2),('TRN1',t1),('TRN2',t2),('ZIP1D',zd1),
     ('ZIP2D',zd2),('EXT1',ext(1)),('EXT2',ext(2)),('EXT3',ext(3))]
one=[('REV64',lambda x:(x[1],x[0],x[3],x[2]))]+[('DUP%d'%i,(lambda i:lambda x:(x[i],)*4)(i)) for i in range(4)]
ops=[n for n,_ in two]+[n for n,_ in one]
insn=[]
def ins(i,j): return lambda x,y: tuple(y[j] if k==i else x[k] for k in range(4))
def insd(i,j): return lambda x,y: tuple((y[2*j+k-2*i] if k//2==i else x[k]) for k in range(4))
inss=[('INS%d%d'%(i,j),ins(i,j)) for i in range(4) for j in range(4)]+[('INSD%d%d'%(i,j),insd(i,j)) for i in range(2) for j in range(2)]
ops+=[n for n,_ in inss]
num={n:k for k,n in enumerate(ops)}
def apply_all(regs, nsrc):
    # regs: list of values; yields (cost, op, x, y, value); ins into sources costs 2 (copy)
    n=len(regs)
    for x in range(n):
        if regs[x] is None: continue
        for nm,f in one: yield 1,nm,x,x,f(regs[x])
        for y in range(n):
            if regs[y] is None: continue
            for nm,f in two: yield 1,nm,x,y,f(regs[x],regs[y])
            for nm,f in inss:
                yield (1.9 if x<2 else 1.1),nm,x,y,f(regs[x],regs[y])
def solve(a,b,targets):
    best={}
    def rec(c,v,seq):
        if v in targets and (v not in best or best[v][0]>c): best[v]=(c,seq)
    srcs=[a] if b is None else [a,b]
    base=[a,b,None,None]
    l1={}
    for c,nm,x,y,v in apply_all(base,2):
        rec(c,v,[(nm,x,y)])
        if v not in l1 or l1[v][0]>c: l1[v]=(c,(nm,x,y))
    l2={}
    for v1,(c1,s1) in l1.items():
        for c,nm,x,y,v in apply_all([a,b,v1,None],2):
            if x<2 and y<2: continue
            rec(c1+c,v,[s1,(nm,x,y)])
            k=(v1,v)
            if c1+c<=3 and (k not in l2 or l2[k][0]>c1+c): l2[k]=(c1+c,[s1,(nm,x,y)])
    miss=[v for v in targets if v not in best or best[v][0]>3]
    if miss:
        vals=list(l1.items())
        for v1,(c1,s1) in vals:
            for v2,(c2,s2) in vals:
                if c1+c2>=3: continue
                for nm,f in two:
                    rec(c1+c2+1,f(v1,v2),[s1,s2,(nm,2,3)])
                for nm,f in inss:
                    rec(c1+c2+1.1,f(v1,v2),[s1,s2,(nm,2,3)])
    return best
A=('a0','a1','a2','a3');B=('b0','b1','b2','b3')
def target(imm,a,b): return tuple((a if i<2 else b)[imm>>2*i&3] for i in range(4))
def table(a,b):
    tg={}
    for imm in range(256): tg.setdefault(target(imm,a,b if b else a),[]).append(imm)
    best=solve(a,b,tg)
    out=[None]*256;hist={}
    for v,imms in tg.items():
        for i in imms:
            out[i]=best.get(v)
            c=best[v][0] if v in best else None
            hist[c]=hist.get(c,0)+1
    return out,hist
def enc(e):
    if e is None: return 0
    w=0
    if e[0]>LIM: return 0
    for k,(nm,x,y) in enumerate(e[1]): w|=((num[nm]+1)|x<<6|y<<8)<<(10*k)
    return w
LIM=9
if __name__=='__main__':
    t1_,h1=table(A,None); t2_,h2=table(A,B)
    print(sorted(h1.items(),key=str),sorted(h2.items(),key=str),file=sys.stderr)
    print(ops,file=sys.stderr)
    def dump(name,t):
        print('static const u32 %s[256] = {'%name)
        for i in range(0,256,8): print('    '+', '.join('0x%08x'%enc(e) for e in t[i:i+8])+',')
        print('};')
    LIM=2.1; dump('shuf_one',t1_); print(); LIM=9; dump('shuf_two',t2_)
